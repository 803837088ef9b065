import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountsBelow } from '../support/mounts.js';
import { withOwnMounts } from '../support/own-mounts.js';
import { mustRun, run } from '../support/run.js';
import { removeScratch, scratch } from '../support/scratch.js';
import { ServerProcess } from '../support/server-process.js';

const env = { PATH: process.env.PATH! };

/** A file of the machine, which tests may not touch, in a folder that has a mount or a link to it. */
let machine: string;
let dir: string;
let program: ServerProcess | undefined;
const kept = () => readFileSync(join(machine, 'kept'), 'utf8');
const started = (command: string[]) => {
  program = new ServerProcess('program', command, env);
  return program.start((log) => log.includes('ready') || undefined);
};
const bind = (...names: string[]) => mustRun(['mount', '--bind', machine, join(dir, ...names)], { env });

beforeEach(() => {
  machine = scratch();
  writeFileSync(join(machine, 'kept'), 'precious');
  dir = scratch();
});

afterEach(async () => {
  await program?.kill9();
  removeScratch(dir);
  removeScratch(machine);
});

describe('a scratch folder, when it is removed', () => {
  it('takes nothing along of a folder of the same file system that is mounted in it', async () => {
    mkdirSync(join(dir, 'a', 'rootfs dev'), { recursive: true });
    await bind('a', 'rootfs dev');
    expect(readdirSync(join(dir, 'a', 'rootfs dev'))).toEqual(['kept']);
    removeScratch(dir);
    expect(existsSync(dir)).toBe(false);
    expect(kept()).toBe('precious');
  });

  it('takes nothing along where several file systems are mounted upon and in each other', async () => {
    mkdirSync(join(dir, 'a'));
    await bind('a');
    await mustRun(['mount', '-t', 'tmpfs', 'tmpfs', join(dir, 'a')], { env });
    mkdirSync(join(dir, 'a', 'b'));
    await bind('a', 'b');
    expect(mountsBelow(dir).length).toBe(3);
    removeScratch(dir);
    expect(existsSync(dir)).toBe(false);
    expect(kept()).toBe('precious');
  });

  it('takes nothing along that a program still uses through a mount in it', async () => {
    mkdirSync(join(dir, 'a'));
    await bind('a');
    await started(['sh', '-c', 'cd "$1" && echo ready && exec sleep 600', 'sh', join(dir, 'a')]);
    removeScratch(dir);
    expect(existsSync(dir)).toBe(false);
    expect(kept()).toBe('precious');
  });

  it('goes without what links in it lead to', () => {
    symlinkSync(machine, join(dir, 'link'));
    removeScratch(dir);
    expect(existsSync(dir)).toBe(false);
    expect(kept()).toBe('precious');
  });

  it.each(['', '/', '/tmp', '/tmp/', '/tmp/lt-', '/tmp/lt-a/..', '/tmp/other', 'tmp/lt-aaaaaa'])(
    'is one that a test made: %p is refused',
    (other) => {
      expect(() => removeScratch(other)).toThrow('is no scratch folder');
    },
  );
});

describe('a program that mounts', () => {
  /** Mounts something in the folder, which would be seen from outside if it were allowed to, and stays. */
  const mounting = ['sh', '-c', 'mount -t tmpfs tmpfs "$1" && touch "$1/inside" && echo ready && exec sleep 600', 'sh'];

  beforeEach(async () => {
    // As systemd makes every mount of a machine: what is mounted below is seen in all namespaces but private ones.
    await mustRun(['mount', '--bind', '--make-shared', dir, dir], { env });
    mkdirSync(join(dir, 'a'));
  });

  it('shows its mounts to nobody else, and leaves none behind when it is killed', async () => {
    await started(withOwnMounts([...mounting, join(dir, 'a')]));
    expect(existsSync(`/proc/${program!.pid}/root${dir}/a/inside`)).toBe(true);
    expect(mountsBelow(dir)).toEqual([dir]);
    expect(readdirSync(join(dir, 'a'))).toEqual([]);
    await program!.kill9();
    expect(mountsBelow(dir)).toEqual([dir]);
  });

  it('uses the devices of the machine, and can neither make nor remove one', async () => {
    const use =
      'echo text >/dev/null && [ "$(head -c 9 /dev/zero | wc -c)" = 9 ] && touch /dev/shm/lt-use && rm /dev/shm/lt-use';
    await mustRun(withOwnMounts(['sh', '-c', use]), { env });

    mkdirSync('/dev/lt-kept', { recursive: true }); // Or left by a run that was killed.
    try {
      for (const change of ['mkdir /dev/lt-made', 'rmdir /dev/lt-kept', 'mv /dev/lt-kept /dev/lt-moved']) {
        const { code, stderr } = await run(withOwnMounts(['sh', '-c', change]), { env });
        expect([code, stderr]).toEqual([1, expect.stringContaining('Read-only file system')]);
      }
    } finally {
      for (const name of readdirSync('/dev').filter((entry) => entry.startsWith('lt-'))) rmdirSync(join('/dev', name));
    }
  });
});
