// Where the registry is and who asks: flags, else the server's own settings, else its data directory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './usage-error.mjs';

/** Flags of every verb, for `parseArgs`. */
export const COMMON_FLAGS = {
  url: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

export const COMMON_HELP = `  --url URL              address of the registry (LADING_PUBLIC_URL, else LADING_HOST and LADING_PORT)
  --user NAME            the administrator (LADING_ADMIN_USER, else admin)
  --password-file FILE   its password (LADING_ADMIN_PASSWORD or _FILE, else admin-password in LADING_DATA_DIR)
  --json                 one JSON document a line, for programs`;

/**
 * @param {Record<string, string | boolean | undefined>} flags
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ url: string, authorization: string }}
 * @throws UsageError when no password is found
 */
export function connectionOf(flags, env) {
  const url = String(flags.url ?? env.LADING_PUBLIC_URL ?? addressOf(env)).replace(/\/$/, '');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new UsageError(`${url} is no address`);
  const user = flags.user ?? env.LADING_ADMIN_USER ?? 'admin';
  const pair = Buffer.from(`${user}:${passwordOf(flags, env)}`).toString('base64');
  return { url, authorization: `Basic ${pair}` };
}

function addressOf({ LADING_HOST: host = '127.0.0.1', LADING_PORT: port = '5000' }) {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function passwordOf(flags, env) {
  if (flags['password-file']) return read(String(flags['password-file']));
  if (env.LADING_ADMIN_PASSWORD) return env.LADING_ADMIN_PASSWORD;
  return read(env.LADING_ADMIN_PASSWORD_FILE ?? join(env.LADING_DATA_DIR ?? 'data', 'admin-password'));
}

function read(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`no password: ${error.message}; give --password-file or LADING_ADMIN_PASSWORD`);
  }
}
