import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { DataDirNotWritable } from '../data-dir-errors.js';
import { ended, firstLine, spawnNode } from '../spec-process.js';
import { locateBinaries } from './binaries.js';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';
import { PostgresFailed } from './postgres-failed.js';
import { isRunning } from './process-table.js';

const asRoot = process.getuid?.() === 0;
const settings = { fsync: 'off' };

async function query(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** True when every user may enter the folders on the way to a path. */
function isOpenToAll(path: string): boolean {
  const parent = dirname(path);
  return parent === path || ((statSync(parent).mode & 0o001) !== 0 && isOpenToAll(parent));
}

describe('EmbeddedPostgres', () => {
  let seed: string;
  let folder: string;
  let dataDir: string;
  const started: EmbeddedPostgres[] = [];

  /** Making a cluster takes most of a first start: specs about something else begin with a copy of this one. */
  const copySeed = () => cpSync(seed, dataDir, { recursive: true, filter: (path) => !path.includes('socket') });
  beforeAll(async () => {
    seed = mkdtempSync(join(tmpdir(), 'lading-spec-'));
    const server = await EmbeddedPostgres.start({ dataDir: seed, settings });
    await server.stop();
  });
  afterAll(() => rmSync(seed, { recursive: true }));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lading-spec-'));
    chmodSync(folder, 0o755);
    dataDir = join(folder, 'data');
  });
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await EmbeddedPostgres.start({ dataDir, settings, ...options });
    started.push(server);
    return server;
  }
  /** A server started by another Node process, which prints the server's pid. */
  async function startElsewhere() {
    const options = JSON.stringify({ dataDir, settings });
    const node = spawnNode(
      `const s = await api.EmbeddedPostgres.start(${options}); console.log(s.pid); setInterval(() => {}, 1000);`,
    );
    return { node, pid: Number(await firstLine(node)) };
  }

  it('starts, keeps its rows over a stop and a second start, and leaves no process behind', async () => {
    const first = await start();
    await query(first, 'create table t (x int); insert into t values (1)');
    await first.stop();
    expect(isRunning(first.pid)).toBe(false);
    expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
    const second = await start();
    expect(await query(second, 'select x from t')).toEqual([{ x: 1 }]);
  });

  it('listens on its socket alone, in a private directory, in a session of its own', async () => {
    const server = await start();
    expect(await query(server, `select current_setting('listen_addresses') tcp`)).toEqual([{ tcp: '' }]);
    expect(statSync(server.connection.host).mode & 0o777).toBe(0o700);
    const session = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
    expect(Number(session)).toBe(server.pid);
  });

  it('stops while a client has an open transaction, and does not call that an unexpected end', async () => {
    copySeed();
    const reasons: string[] = [];
    const server = await start({ onExit: (reason) => reasons.push(reason) });
    const client = new Client({ connectionString: server.url() });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('begin');
    await server.stop();
    expect(reasons).toEqual([]);
  });

  it('adopts the server of a Node that was killed, and can stop it', async () => {
    copySeed();
    const { node, pid } = await startElsewhere();
    node.kill('SIGKILL');
    await ended(node);
    const lines: string[] = [];
    const server = await start({ log: (line) => lines.push(line) });
    expect(server.pid).toBe(pid);
    expect(lines).toEqual([`Taking over the database server ${pid}, which was still running.`]);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
  });

  it('tells when an adopted server ends', async () => {
    copySeed();
    const { node, pid } = await startElsewhere();
    node.kill('SIGKILL');
    await ended(node);
    const reason = await new Promise<string>((resolve) => {
      void start({ onExit: resolve }).then(() => process.kill(pid, 'SIGKILL'));
    });
    expect(reason).toContain(`The database server (process ${pid}) ended: it is gone.`);
  });

  it('starts anew instead of adopting a server with other settings', async () => {
    copySeed();
    const { node, pid } = await startElsewhere();
    node.kill('SIGKILL');
    await ended(node);
    const server = await start({ settings: { ...settings, work_mem: '7MB' } });
    expect(server.pid).not.toBe(pid);
    expect(await query(server, 'show work_mem')).toEqual([{ work_mem: '7MB' }]);
  });

  it('tells once when the server is killed, and the next start has every committed row', async () => {
    copySeed();
    const reasons: string[] = [];
    const told = new EventEmitter();
    const server = await start({ onExit: (reason) => told.emit('exit', reasons.push(reason)) });
    await query(server, 'create table t (x int); insert into t select generate_series(1, 1000)');
    process.kill(server.pid, 'SIGKILL');
    await once(told, 'exit');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain(`The database server (process ${server.pid}) ended: it was killed by SIGKILL.`);
    const next = await start();
    expect(await query(next, 'select count(*)::int n from t')).toEqual([{ n: 1000 }]);
  });

  it('starts after a killed server whose parent never reaps it', async () => {
    copySeed();
    const { node, pid } = await startElsewhere();
    node.kill('SIGSTOP');
    process.kill(pid, 'SIGKILL');
    try {
      const server = await start();
      expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
      expect(await query(server, 'select 1 x')).toEqual([{ x: 1 }]);
    } finally {
      node.kill('SIGKILL');
      await ended(node);
    }
  });

  it('starts when the pid of a killed server belongs to another process now', async () => {
    copySeed();
    const server = await start();
    await server.stop();
    // The server's own user, and not our own pid: PostgreSQL itself sees through its parent's and other users'.
    const uid = asRoot ? statSync(join(dataDir, 'postgres')).uid : undefined;
    const stranger = spawn('sleep', ['60'], { uid, stdio: 'ignore' });
    try {
      const lines = [stranger.pid, join(dataDir, 'postgres'), 1, 5432, server.connection.host, '', '', 'ready'];
      writeFileSync(join(dataDir, 'postgres/postmaster.pid'), lines.join('\n'));
      const next = await start();
      expect(await query(next, 'select 1 x')).toEqual([{ x: 1 }]);
      expect(isRunning(stranger.pid as number)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
      await ended(stranger);
    }
  });

  it('takes no half-made cluster for a whole one', async () => {
    mkdirSync(join(dataDir, 'postgres.init-left'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres.init-left/PG_VERSION'), '18');
    await start();
    expect(readdirSync(dataDir).filter((name) => name.startsWith('postgres.init'))).toEqual([]);
  });

  it('refuses a cluster of another version and a directory that is no cluster', async () => {
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    await expect(start()).rejects.toThrow('it has no PG_VERSION');
    writeFileSync(join(dataDir, 'postgres/PG_VERSION'), '15\n');
    await expect(start()).rejects.toThrow('was written by PostgreSQL 15, this Lading brings PostgreSQL 18');
  });

  it('says why the server did not start, in its own last words', async () => {
    copySeed();
    const failing = start({ settings: { ...settings, no_such_setting: '1' } });
    await expect(failing).rejects.toBeInstanceOf(PostgresFailed);
    await expect(failing).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
  });

  it('puts the socket of a very long path below the temporary directory, and finds it again', async () => {
    dataDir = join(folder, 'long'.repeat(25), 'data');
    copySeed();
    const first = await start();
    expect(first.connection.host.startsWith(join(tmpdir(), 'lading-'))).toBe(true);
    await first.stop();
    const second = await start();
    expect(second.connection.host).toBe(first.connection.host);
    rmSync(second.connection.host, { recursive: true });
    // The temporary directory was cleaned below a server that another process left: it cannot be reached any more.
    const third = await start();
    expect(third.pid).not.toBe(second.pid);
    expect(await query(third, 'select 1 x')).toEqual([{ x: 1 }]);
    await third.stop();
    rmSync(third.connection.host, { recursive: true });
  });

  it('runs as another user when started by root where one can reach it, else as itself', async () => {
    await start();
    const owner = statSync(join(dataDir, 'postgres')).uid;
    // Below a folder that only root may enter, no other user reaches the programs: they run in a user namespace.
    const reachable = isOpenToAll(locateBinaries().postgres) && isOpenToAll(dataDir);
    if (asRoot) expect(owner === 0).toBe(!reachable);
    else expect(owner).toBe(process.getuid?.());
  });

  it('runs below a directory that only root may enter, also on a cluster that another user owned', async () => {
    const open = await start();
    await query(open, 'create table t (x int); insert into t values (1)');
    await open.stop();
    chmodSync(folder, 0o700);
    const closed = await start();
    expect(await query(closed, 'select x from t')).toEqual([{ x: 1 }]);
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(process.getuid?.());
    await closed.stop();
    chmodSync(folder, 0o755);
    const again = await start();
    expect(await query(again, 'select x from t')).toEqual([{ x: 1 }]);
  });

  it('says that the data directory cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(start({ dataDir: join(folder, 'file/data') })).rejects.toBeInstanceOf(DataDirNotWritable);
    chmodSync(folder, 0o555);
    if (asRoot) process.seteuid?.(65534);
    try {
      await expect(start()).rejects.toThrow(`${dataDir} cannot be written (EACCES)`);
    } finally {
      if (asRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
  });
});
