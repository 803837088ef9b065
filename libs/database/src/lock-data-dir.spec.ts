import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirInUse, DataDirNotWritable } from './data-dir-errors.js';
import { lockDataDir } from './lock-data-dir.js';
import { ended, firstLine, spawnNode } from './spec-process.js';

describe('lockDataDir', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lading-spec-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const holder = () =>
    `await api.lockDataDir(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000);`;

  it('refuses a second holder, names the first, and is free after release', async () => {
    const lock = await lockDataDir(folder);
    await expect(lockDataDir(folder)).rejects.toThrow(new DataDirInUse(folder, process.pid).message);
    lock.release();
    lock.release();
    (await lockDataDir(folder)).release();
  });

  it('holds against another process, and is free the moment that process is killed', async () => {
    const child = spawnNode(holder());
    expect(await firstLine(child)).toBe('held');
    await expect(lockDataDir(folder)).rejects.toMatchObject({ name: 'DataDirInUse', holder: child.pid });
    child.kill('SIGKILL');
    await ended(child);
    (await lockDataDir(folder)).release();
  });

  it('lets exactly one of many starters through', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => lockDataDir(folder)));
    const winners = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(winners).toHaveLength(1);
    const refused = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
    expect(refused.every((error) => error instanceof DataDirInUse)).toBe(true);
    winners[0]?.release();
  });

  it('makes a missing directory, and says so when it cannot', async () => {
    (await lockDataDir(join(folder, 'a/b'))).release();
    writeFileSync(join(folder, 'file'), '');
    await expect(lockDataDir(join(folder, 'file/below'))).rejects.toBeInstanceOf(DataDirNotWritable);
  });
});
