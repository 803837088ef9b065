import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { removeScratch, scratch } from '../support/scratch.js';
import { Http } from './http.js';
import { ADMIN, Lading } from './lading.js';
import { childrenOf, killNine, postmasterOf, waitUntil } from './processes.js';
import { Tmpfs } from './tmpfs.js';

let dir: string;
let dataDir: string;

beforeEach(() => {
  dir = scratch();
  dataDir = join(dir, 'data');
});

afterEach(async () => {
  await Lading.killAll();
  await Tmpfs.unmountAll();
  removeScratch(dir);
});

/** It ends by itself with 1, and says why in one line that is no stack and no log line. */
async function expectRefusal(server: Lading, words: RegExp): Promise<void> {
  expect(await server.exit()).toBe(1);
  expect(server.complaints).toHaveLength(1);
  expect(server.complaints[0]).toMatch(/^Lading cannot start: /);
  expect(server.complaints[0]).toMatch(words);
  expect(server.stdout).toBe('');
  expect(server.hasDatabase).toBe(false);
}

async function expectNextStart(settings: Record<string, string> = {}, where = dataDir): Promise<void> {
  const server = new Lading(where, settings);
  const http = new Http({ url: await server.ready(), ...ADMIN });
  expect((await http.send('GET', '/v2/')).status).toBe(200);
  http.close();
  server.signal('SIGTERM');
  expect(await server.exit()).toBe(0);
  expect(server.complaints).toEqual([]);
}

/** A start, what its banner says of the password, what each password answers to a login, and the end. */
async function expectBanner(settings: Record<string, string>, words: string, logins: Record<string, number>) {
  const server = new Lading(dataDir, settings);
  const url = await server.ready();
  expect(server.stdout).toContain(`Password  ${words}\n`);
  for (const [password, status] of Object.entries(logins)) expect(await loginStatus(url, password)).toBe(status);
  server.signal('SIGTERM');
  expect(await server.exit()).toBe(0);
}

async function loginStatus(url: string, password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${ADMIN.user}:${password}`).toString('base64')}`;
  return (await fetch(`${url}/token`, { headers: { authorization } })).status;
}

async function occupy(): Promise<{ blocker: Server; port: number }> {
  const blocker = createServer().listen(0, '127.0.0.1').unref();
  await once(blocker, 'listening');
  return { blocker, port: (blocker.address() as AddressInfo).port };
}

it('names a taken port, and starts there once it is free', async () => {
  const { blocker, port } = await occupy();
  await expectRefusal(
    new Lading(dataDir, { LADING_PORT: String(port) }),
    new RegExp(`127\\.0\\.0\\.1:${port} is taken`),
  );
  blocker.close();
  await expectNextStart({ LADING_PORT: String(port) });
});

describe('the generated password', () => {
  // The server and its words are one argument of `script`, which gives it a terminal and ends with its exit code.
  const TERMINAL = ['sh', '-c', 'exec script -qec "exec $*" /dev/null', 'sh'];
  const file = () => join(dataDir, 'admin-password');

  it('outlives a start at a terminal that finds its port taken, and is gone once a terminal has shown it', async () => {
    const { blocker, port } = await occupy();
    const settings = { LADING_PORT: String(port), LADING_ADMIN_PASSWORD: '' };
    const refused = new Lading(dataDir, settings, TERMINAL);
    expect(await refused.exit()).toBe(1);
    expect(refused.stdout).toContain(`127.0.0.1:${port} is taken`);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    blocker.close();

    const shown = new Lading(dataDir, settings, TERMINAL);
    const url = await shown.ready();
    await waitUntil(() => shown.stdout.includes('docker push'), 10, 'the whole banner');
    const password = /Password {2}(\S+) {3}\(shown this once\)/.exec(shown.stdout)?.[1] ?? 'none';
    expect(await loginStatus(url, password)).toBe(200);
    await waitUntil(() => !existsSync(file()), 10, 'the end of the file');
    for (const pid of childrenOf(shown.pid)) process.kill(pid, 'SIGTERM');
    expect(await shown.exit()).toBe(0);
    await expectBanner({ LADING_ADMIN_PASSWORD: '' }, 'as it was at the first start', { [password]: 200 });
  });

  it('stays in its file without a terminal, and each start names the file', async () => {
    for (const _ of ['first', 'second']) {
      const server = new Lading(dataDir, { LADING_ADMIN_PASSWORD: '' });
      const url = await server.ready();
      expect(server.stdout).toContain(`Password  in ${file()}\n`);
      expect(await loginStatus(url, readFileSync(file(), 'utf8').trim())).toBe(200);
      server.signal('SIGTERM');
      expect(await server.exit()).toBe(0);
    }
  });
});

it('says of LADING_ADMIN_PASSWORD at a later start whether it is the password of the account', async () => {
  await expectBanner({}, 'as set in LADING_ADMIN_PASSWORD', { [ADMIN.password]: 200 });
  const words = 'as it was before: LADING_ADMIN_PASSWORD is another, and is for the first start alone';
  const other = 'another-password';
  await expectBanner({ LADING_ADMIN_PASSWORD: other }, words, { [ADMIN.password]: 200, [other]: 401 });
  await expectBanner({}, 'as set in LADING_ADMIN_PASSWORD', { [ADMIN.password]: 200 });
});

it('names a data directory that it may not write to, and starts once it may', async () => {
  mkdirSync(dataDir, { mode: 0o555 });
  // To root without these capabilities a mode means what it means to everybody.
  const withoutRights = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
  const server = new Lading(dataDir, {}, process.getuid!() === 0 ? withoutRights : []);
  await expectRefusal(server, /data directory \S+\/data cannot be written \(EACCES\)/);
  chmodSync(dataDir, 0o755);
  await expectNextStart();
});

it('names a data directory that it cannot make', async () => {
  const inFile = '/proc/version/data';
  await expectRefusal(new Lading(inFile), /data directory \/proc\/version\/data cannot be written/);
});

it('names a data directory on a file system that is mounted read-only', async () => {
  const disk = await Tmpfs.mount('200m');
  await disk.remount('ro');
  await expectRefusal(new Lading(disk.path), /data directory \S+ cannot be written \(EROFS\)/);
  await disk.remount('rw');
  await expectNextStart({}, disk.path);
});

// The first two end while the cluster is made, the last while the server starts or migrates.
it.each(['2m', '24m', '40000k'])('says that a disk of %s is full, and starts once there is room', async (size) => {
  const disk = await Tmpfs.mount(size);
  await expectRefusal(new Lading(disk.path), /No space is left on the disk/);
  await disk.remount('size=400m');
  await expectNextStart({}, disk.path);
});

it('says that another one uses the data directory, and leaves that one alone', async () => {
  const first = new Lading(dataDir);
  const http = new Http({ url: await first.ready(), ...ADMIN });
  const second = new Lading(dataDir);
  expect(await second.exit()).toBe(1);
  expect(second.complaints).toEqual([expect.stringMatching(`^Lading cannot start: .* in use by process ${first.pid}`)]);
  expect((await http.send('GET', '/v2/')).status).toBe(200);
  http.close();
  first.signal('SIGTERM');
  expect(await first.exit()).toBe(0);
  await expectNextStart();
});

it('lists every setting that is wrong in one go, and touches no data directory', async () => {
  const wrong = {
    LADING_GC_INTERVAL: 'soon',
    LADING_CHALLENGE: 'none',
    LADING_DATADIR: '/x',
    LADING_NAME_LEVELS: '-1',
  };
  const server = new Lading(dataDir, wrong);
  expect(await server.exit()).toBe(1);
  for (const name of Object.keys(wrong)) expect(server.stderr).toContain(name);
  expect(server.stderr).not.toContain('    at ');
  expect(() => rmSync(dataDir)).toThrow('ENOENT');
  await expectNextStart();
});

it('stops after a Ctrl-C during its start, and leaves no database', async () => {
  const server = new Lading(dataDir);
  await waitUntil(() => server.hasDatabase, 30, 'the database of the start');
  server.signal('SIGINT');
  expect(await server.exit(20)).toBe(0);
  expect(server.complaints).toEqual([]);
  expect(server.hasDatabase).toBe(false);
  await expectNextStart();
});

it.each(['SIGKILL to its postmaster', 'SIGKILL to all of its processes', 'a fast shutdown'])(
  'ends with one line when the database ends by %s, and the next start works',
  async (how) => {
    const server = new Lading(dataDir);
    await server.ready();
    const postmaster = postmasterOf(dataDir)!;
    if (how === 'a fast shutdown') process.kill(postmaster, 'SIGINT');
    else await killNine(how.includes('all') ? [postmaster, ...childrenOf(postmaster)] : [postmaster]);
    expect(await server.exit()).toBe(1);
    const told = server.complaints.filter((line) => line.includes('"level":"fatal"'));
    expect(told).toEqual([expect.stringMatching(/The database server \(process \d+\) ended/)]);
    // What was under way at that moment may say that it will try again.
    expect(server.complaints.filter((line) => !line.startsWith('{"level":"warn"'))).toEqual(told);
    await expectNextStart();
  },
);
