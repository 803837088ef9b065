import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import { type Environment, loadConfig } from './load-config.js';
import { duration, port, secretText } from './parsers.js';
import { required, setting } from './setting.js';
import { knownVariables, publicUrlRule, settings } from './settings.js';

const spec = {
  http: { port: setting({ env: 'LADING_PORT', schema: port, default: '5000', describe: 'Port.' }) },
  auth: {
    ttl: setting({ env: 'LADING_TTL', schema: duration, default: '10m', describe: 'Life.' }),
    password: setting({ env: 'LADING_PASSWORD', schema: secretText(4), secret: true, describe: 'Password.' }),
  },
};

function faultsOf(
  env: Environment,
  use: Parameters<typeof loadConfig>[1] = spec,
  ignore: readonly string[] = [],
): readonly string[] {
  try {
    loadConfig(env, use, { ignore });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'lading-config-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  function fileWith(text: string): string {
    const path = join(dir, 'secret');
    writeFileSync(path, text);
    return path;
  }

  it('takes defaults for what is not set or empty, and undefined where there is none', () => {
    expect(loadConfig({ LADING_PORT: '', OTHER: 'x' }, spec)).toEqual({
      http: { port: 5000 },
      auth: { ttl: 600_000, password: undefined },
    });
  });

  it('freezes the groups as well as the whole', () => {
    const config = loadConfig({}, spec);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.http)).toBe(true);
  });

  it('reads a secret from its file without the newline at the end', () => {
    const config = loadConfig({ LADING_PASSWORD_FILE: fileWith(' pass \n\n') }, spec);
    expect(config.auth.password?.reveal()).toBe(' pass \n');
  });

  it('lists every fault in one error, and none of the secrets', () => {
    const env = { LADING_PORT: '70000', LADING_TTL: 'soon', LADING_PASSWORD: 'abc', LADING_PROT: '1' };
    const faults = faultsOf(env);
    expect(faults).toEqual([
      'LADING_PROT is not a setting; did you mean LADING_PORT?',
      'LADING_PORT="70000" is not a port (0 to 65535)',
      expect.stringContaining('LADING_TTL="soon" is not a duration'),
      'LADING_PASSWORD is not a text of at least 4 characters',
    ]);
    expect(new ConfigError(faults).message.split('\n')).toHaveLength(5);
  });

  it('refuses a secret given both ways, and a file that is not there', () => {
    expect(faultsOf({ LADING_PASSWORD: 'abcd', LADING_PASSWORD_FILE: fileWith('abcd') })).toEqual([
      'LADING_PASSWORD and LADING_PASSWORD_FILE are both set; set one of them',
    ]);
    expect(faultsOf({ LADING_PASSWORD_FILE: join(dir, 'absent') })).toEqual([
      expect.stringMatching(/^LADING_PASSWORD_FILE=.* cannot be read: ENOENT/),
    ]);
  });

  it('reads no file for a setting that is not a secret', () => {
    expect(faultsOf({ LADING_PORT_FILE: fileWith('1') })).toEqual([
      'LADING_PORT_FILE is not a setting; did you mean LADING_PORT?',
    ]);
  });

  it('leaves the names of other services alone', () => {
    expect(faultsOf({ LADING_GC_INTERVAL: 'anything' }, spec, knownVariables)).toEqual([]);
  });

  it('asks for a required setting by name', () => {
    const use = { database: { url: required(settings.database.url) } };
    expect(faultsOf({}, use)).toEqual([expect.stringMatching(/^LADING_DATABASE_URL is required: /)]);
  });

  it('checks rules across settings when every value was read', () => {
    const load = (env: Environment) => () => loadConfig(env, { http: settings.http }, { rules: [publicUrlRule] });
    expect(load({ LADING_HOST: '0.0.0.0' })).toThrow('LADING_PUBLIC_URL is required');
    expect(load({ LADING_HOST: '::1' })).not.toThrow();
    expect(load({ LADING_HOST: '0.0.0.0', LADING_PUBLIC_URL: 'https://registry.example.com' })).not.toThrow();
  });
});

describe('the catalogue of settings', () => {
  it('starts with an empty environment: every default is readable', () => {
    expect(loadConfig({}, settings).http).toMatchObject({ host: '127.0.0.1', port: 5000, trustedProxies: [] });
  });

  it('names each variable once', () => {
    expect(new Set(knownVariables).size).toBe(knownVariables.length);
  });
});
