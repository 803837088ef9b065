import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import type { Binaries } from './binaries.js';
import { PostgresFailed } from './postgres-failed.js';

/** How programs of the server are started: as this process, as another user, or as another user of a namespace. */
export interface ServerAccount {
  /** The owner that the cluster directory must have, as seen from outside any namespace. */
  readonly uid: number;
  readonly gid: number;
  readonly way: 'self' | 'user' | 'namespace';
}

/**
 * PostgreSQL refuses to run as root. As root this picks, in this order and by trying whether the account reaches both
 * the programs and `dataDir`: the user who owns the cluster already, the owner of `dataDir`, `postgres`, `nobody`;
 * then a user namespace, in which root's own files belong to `nobody` (it needs no rights for others on the way to
 * them, so it also works below a directory of mode 0700). `clusterOwner` is undefined for a cluster not made yet.
 *
 * Throws PostgresFailed when none of them works.
 */
export async function chooseServerAccount(
  binaries: Binaries,
  dataDir: string,
  clusterOwner: number | undefined,
): Promise<ServerAccount> {
  const self: ServerAccount = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, way: 'self' };
  if (self.uid !== 0 || process.platform === 'win32') return self;
  for (const account of candidates(clusterOwner, statSync(dataDir).uid)) {
    if (await reaches(account, binaries, dataDir)) return account;
  }
  throw new PostgresFailed(
    `PostgreSQL does not run as root, no other user can reach ${dataDir} and ${binaries.postgres}, and user ` +
      'namespaces are not allowed here: start Lading as another user, or move both where every user may look.',
  );
}

/** The program and options for `child_process` that run `file` under the account. */
export function under(account: ServerAccount, file: string, args: readonly string[]) {
  const options = account.way === 'user' ? { uid: account.uid, gid: account.gid } : {};
  if (account.way !== 'namespace') return { file, args: [...args], options };
  // unshare replaces itself with the program: pid, signals and exit code are the program's own.
  const inside = nobody();
  const flags = ['--user', `--map-user=${inside.uid}`, `--map-group=${inside.gid}`, '--'];
  return { file: 'unshare', args: [...flags, file, ...args], options };
}

function candidates(clusterOwner: number | undefined, dataDirOwner: number): ServerAccount[] {
  const namespace: ServerAccount = { uid: 0, gid: 0, way: 'namespace' };
  const names = ['postgres', 'nobody'];
  const users = readAccounts();
  const wanted = [
    users.find((user) => user.uid === clusterOwner),
    users.find((user) => user.uid === dataDirOwner),
    ...names.map((name) => users.find((user) => user.name === name)),
  ];
  const others = wanted
    .filter((user): user is PasswdEntry => user !== undefined && user.uid !== 0)
    .map(({ uid, gid }): ServerAccount => ({ uid, gid, way: 'user' }));
  return clusterOwner === 0 ? [namespace, ...others] : [...others, namespace];
}

function reaches(account: ServerAccount, binaries: Binaries, dataDir: string): Promise<boolean> {
  const script = 'cd "$1" && exec "$2" --version';
  const { file, args, options } = under(account, '/bin/sh', ['-c', script, 'sh', dataDir, binaries.postgres]);
  return new Promise((resolve) => {
    execFile(file, args, { ...options, cwd: '/' }, (error) => resolve(error === null));
  });
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
}

/** The namespace's user must have a name, because initdb looks it up. */
function nobody(): PasswdEntry {
  const users = readAccounts().filter((user) => user.uid !== 0);
  return users.find((user) => user.name === 'nobody') ?? users[0] ?? { name: 'nobody', uid: 65534, gid: 65534 };
}

function readAccounts(): PasswdEntry[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}
