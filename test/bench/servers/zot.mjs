import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../../.tools/bin/zot', import.meta.url));

/** @type {import('./target.mjs').Launcher} */
export const zot = {
  kind: 'zot',
  description:
    'zot, built from source without extensions (minimal): its defaults (dedupe on, gc on, no fsync of data), no' +
    ' authentication, log level error. It takes no part in the rows of many tags and starts: a push with a tag rewrites' +
    ' the index of all tags there, so that 100,000 of them take hours; nor in those of collection, which it runs by the hour.',
  durable: false,
  leftOut: ['tags-0', 'tags-1', 'events', 'collection'],
  missing: () =>
    existsSync(BINARY) ? undefined : '.tools/bin/zot is not there: build github.com/project-zot/zot ./cmd/zot',
  prepare(dir, port) {
    const data = join(dir, 'data');
    mkdirSync(data, { recursive: true });
    const file = join(dir, 'zot.json');
    const config = {
      distSpecVersion: '1.1.1',
      storage: { rootDirectory: data },
      http: { address: '127.0.0.1', port: String(port) },
      log: { level: 'error' },
    };
    writeFileSync(file, JSON.stringify(config));
    return { command: BINARY, args: ['serve', file], env: process.env };
  },
};
