import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionOf } from './options.mjs';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lading-cli-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const file = (path: string, text: string) => {
  writeFileSync(join(dir, path), text);
  return join(dir, path);
};

it('finds the server and the password where the server has them', () => {
  mkdirSync(join(dir, 'data'));
  file('data/admin-password', 'generated\n');
  expect(connectionOf({}, { LADING_DATA_DIR: join(dir, 'data') })).toEqual({
    url: 'http://127.0.0.1:5000',
    authorization: basic('admin:generated'),
  });
});

it.each([
  [{ LADING_PORT: '5055' }, 'http://127.0.0.1:5055'],
  [{ LADING_HOST: '::1', LADING_PORT: '80' }, 'http://[::1]:80'],
  [{ LADING_PUBLIC_URL: 'https://registry.example.com/', LADING_PORT: '80' }, 'https://registry.example.com'],
])('reads the address from %j', (env, url) => {
  expect(connectionOf({}, { LADING_ADMIN_PASSWORD: 'x', ...env }).url).toBe(url);
});

it('takes flags before settings, and a setting before its file', () => {
  const passwordFile = file('password', 'from the flag\n');
  const env = {
    LADING_ADMIN_PASSWORD: 'set',
    LADING_ADMIN_PASSWORD_FILE: file('other', 'in a file'),
    LADING_ADMIN_USER: 'root',
  };
  const flags = { url: 'http://127.0.0.1:1', user: 'me', 'password-file': passwordFile };
  expect(connectionOf(flags, env)).toEqual({ url: 'http://127.0.0.1:1', authorization: basic('me:from the flag') });
  expect(connectionOf({}, env).authorization).toBe(basic('root:set'));
  expect(connectionOf({}, { ...env, LADING_ADMIN_PASSWORD: '' }).authorization).toBe(basic('root:in a file'));
});

it.each([
  [{ url: 'nowhere' }, { LADING_ADMIN_PASSWORD: 'x' }, 'nowhere is no address'],
  [{ url: 'ftp://host' }, { LADING_ADMIN_PASSWORD: 'x' }, 'ftp://host is no address'],
  [{}, { LADING_DATA_DIR: '/nonexistent' }, 'no password: ENOENT'],
])('says what is missing: %j', (flags, env, message) => {
  expect(() => connectionOf(flags, env)).toThrow(message);
});
