import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerAccount } from './server-account.js';

/** sockaddr_un has 108 bytes with the closing zero (unix(7)); macOS has 104. */
const longestPath = process.platform === 'darwin' ? 103 : 107;

/** PostgreSQL's socket is named after its port; with TCP off the number means nothing else. */
export const socketPort = 5432;

export function socketPath(directory: string): string {
  return join(directory, `.s.PGSQL.${socketPort}`);
}

/**
 * The directory (mode 0700, owned by the server's account) for the server's socket: `<dataDir>/postgres-socket`, or
 * one below the system's temporary directory, remembered in `<dataDir>/postgres-socket-dir`, when that is too long.
 */
export function socketDirectory(dataDir: string, account: ServerAccount): string {
  const inside = join(dataDir, 'postgres-socket');
  if (Buffer.byteLength(socketPath(inside)) <= longestPath) {
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    return owned(inside, account);
  }
  const record = join(dataDir, 'postgres-socket-dir');
  const known = recorded(record, account);
  if (known) return known;
  const made = owned(mkdtempSync(join(tmpdir(), 'lading-')), account);
  writeFileSync(record, `${made}\n`);
  return made;
}

/** Whoever cleans the temporary directory may leave the name to another user: only our own private directory counts. */
function recorded(record: string, account: ServerAccount): string | undefined {
  const entry = lstatSync(record, { throwIfNoEntry: false });
  const path = entry?.isFile() ? readFileSync(record, 'utf8').trim() : '';
  const stat = path === '' ? undefined : lstatSync(path, { throwIfNoEntry: false });
  const ours = stat?.isDirectory() && stat.uid === account.uid && (stat.mode & 0o077) === 0;
  return ours ? path : undefined;
}

function owned(directory: string, account: ServerAccount): string {
  if (lstatSync(directory).uid !== account.uid) chownSync(directory, account.uid, account.gid);
  chmodSync(directory, 0o700);
  return directory;
}
