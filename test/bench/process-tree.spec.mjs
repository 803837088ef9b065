import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf, processTree } from './measure/process-tree.mjs';

describe('the tree of a server', () => {
  const started = [];
  const dir = mkdtempSync(join(tmpdir(), 'process-tree-'));

  afterAll(() => {
    for (const child of started) process.kill(-child.pid, 'SIGKILL');
    rmSync(dir, { recursive: true });
  });

  const start = (script) => {
    const child = spawn('/bin/sh', ['-c', script], { stdio: 'ignore', detached: true });
    started.push(child);
    return child;
  };

  /** Waits until the shell has started what it was told to. */
  const treeOf = async (size, ...args) => {
    for (let attempt = 0; attempt < 200 && processTree(...args).length < size; attempt += 1) await sleep(10);
    return processTree(...args);
  };

  test('holds its descendants, with the memory of each', async () => {
    const child = start('/bin/sh -c "sleep 60; true"; true');
    const tree = await treeOf(3, child.pid);
    expect(tree.map(({ name }) => name).sort()).toEqual(['sh', 'sh', 'sleep']);
    for (const { peakMb, rssMb, pssMb } of memoryOf(tree)) {
      expect(pssMb).toBeGreaterThan(0);
      expect(rssMb).toBeGreaterThanOrEqual(pssMb);
      expect(peakMb).toBeGreaterThanOrEqual(rssMb);
    }
  });

  test('holds a PostgreSQL of its data directory that is not its child', async () => {
    const server = start('sleep 61; true');
    const postgres = start('sleep 62; true');
    mkdirSync(join(dir, 'database/cluster'), { recursive: true });
    writeFileSync(join(dir, 'database/cluster/postmaster.pid'), `${postgres.pid}\n/somewhere\n`);
    const pids = (await treeOf(4, server.pid, dir)).map(({ pid }) => pid);
    expect(pids).toEqual(expect.arrayContaining([server.pid, postgres.pid]));
    expect(processTree(server.pid).map(({ pid }) => pid)).not.toContain(postgres.pid);
  });

  test('is empty when it has ended', () => {
    expect(processTree(2 ** 30, join(dir, 'absent'))).toEqual([]);
  });
});
