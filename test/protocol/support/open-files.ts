import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from '../../support/registry.js';

/** A directory of blobs, which the server keeps open for its next fsync: one of 256, however many blobs there are. */
const DIRECTORY = /\/blobs\/[0-9a-f]{2}$/;

/** Open files of all the server's processes: how many, and those of blobs; directories of blobs count as neither. */
export function openFiles(registry: Pick<Registry, 'pids' | 'dataDir'>): { all: number; blobs: number } {
  const targets = registry.pids.flatMap(targetsOf).filter((target) => !DIRECTORY.test(target));
  const ofBlobs = targets.filter((target) => target.startsWith(join(registry.dataDir, 'blobs')));
  return { all: targets.length, blobs: ofBlobs.length };
}

function targetsOf(pid: number): string[] {
  const dir = `/proc/${pid}/fd`;
  return readdirSync(dir).flatMap((fd) => {
    try {
      return [readlinkSync(join(dir, fd))];
    } catch {
      return []; // Closed since it was listed.
    }
  });
}
