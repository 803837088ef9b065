import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from '../../support/registry.js';

/** Open files of the server: how many in all, and those of blobs. */
export function openFiles(registry: Pick<Registry, 'pid' | 'dataDir'>): { all: number; blobs: number } {
  const dir = `/proc/${registry.pid}/fd`;
  const targets = readdirSync(dir).flatMap((fd) => {
    try {
      return [readlinkSync(join(dir, fd))];
    } catch {
      return []; // Closed since it was listed.
    }
  });
  const ofBlobs = targets.filter((target) => target.startsWith(join(registry.dataDir, 'blobs')));
  return { all: targets.length, blobs: ofBlobs.length };
}
