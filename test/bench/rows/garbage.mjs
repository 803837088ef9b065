import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedLoop } from '../load/closed-loop.mjs';
import { BlobSource } from '../load/content.mjs';
import { expectStatus } from '../load/expect-status.mjs';
import { Session } from '../load/session.mjs';

/** @typedef {import('../servers/target.mjs').Target} Target */

const REPOSITORY = 'bench/garbage';
const CONNECTIONS = 8;
const BYTES = 1_000;

/**
 * Blobs that no manifest names, each pushed with one POST.
 * @param {Target} target @param {number} count @param {string} seed
 */
export async function pushGarbage(target, count, seed) {
  // With the password: a token would end before so many are there.
  const session = await Session.open(target, { connections: CONNECTIONS, basic: true });
  const source = new BlobSource(seed, BYTES);
  await closedLoop({
    connections: session.connections,
    seconds: 1500,
    maxCount: count,
    async step(connection) {
      const { digest, size, parts } = source.next();
      const path = `/v2/${REPOSITORY}/blobs/uploads/?digest=${digest}`;
      const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': size };
      const head = session.head({ method: 'POST', path, headers });
      expectStatus(await connection.exchange(head, { body: parts }), 201, 'POST of a blob');
    },
  });
  session.close();
}

/**
 * The same for docker-registry, as files in its store: pushed, 100,000 of them would take half an hour.
 * @param {string} dataDir @param {number} count @param {string} seed
 */
export async function placeGarbage(dataDir, count, seed) {
  const top = join(dataDir, 'docker/registry/v2/blobs/sha256');
  for (let made = 0; made < count; made += 1) {
    const bytes = Buffer.alloc(BYTES, `${seed} ${made} `);
    const hex = createHash('sha256').update(bytes).digest('hex');
    const folder = join(top, hex.slice(0, 2), hex);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'data'), bytes);
  }
}
