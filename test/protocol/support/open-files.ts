import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from '../../support/registry.js';

/** A directory of blobs, which the server keeps open for its next fsync: one of 256, however many blobs there are. */
const DIRECTORY = /\/blobs\/[0-9a-f]{2}$/;

/** Open files of the server: how many in all, and those of blobs; directories of blobs count as neither. */
export function openFiles(registry: Pick<Registry, 'pid' | 'dataDir'>): { all: number; blobs: number } {
  const dir = `/proc/${registry.pid}/fd`;
  const targets = readdirSync(dir)
    .flatMap((fd) => {
      try {
        return [readlinkSync(join(dir, fd))];
      } catch {
        return []; // Closed since it was listed.
      }
    })
    .filter((target) => !DIRECTORY.test(target));
  const ofBlobs = targets.filter((target) => target.startsWith(join(registry.dataDir, 'blobs')));
  return { all: targets.length, blobs: ofBlobs.length };
}
