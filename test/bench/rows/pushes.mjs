import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { frameChunks, LAST_CHUNK } from '../load/chunk-framing.mjs';
import { closedLoop } from '../load/closed-loop.mjs';
import { BlobSource } from '../load/content.mjs';
import { pushBlob, streamBlob } from '../load/push.mjs';
import { Session } from '../load/session.mjs';

const run = promisify(execFile);
const REPOSITORY = 'bench/pushes';
const MB = 1_000_000;

/** @typedef {{source: BlobSource, framedBase?: Buffer}} State */

/**
 * Large pushes, each way on fresh servers so that the disk holds one way's blobs at a time.
 * @param {'push' | 'push-synced' | 'stream'} way
 * @returns {import('./row.mjs').Group<State>}
 */
export function pushes(way) {
  return {
    name: way,
    async prepare(target, { seed, scale }) {
      const source = new BlobSource(seed, scale.blobMb * MB);
      const state = { source, framedBase: way === 'stream' ? frameChunks(source.base) : undefined };
      // The first push makes the repository and meets code that is not compiled yet.
      const session = await Session.open(target, { repositories: [REPOSITORY] });
      await pushAll(target, session, [withFrame(state)], false);
      session.close();
      return state;
    },
    rows: ({ blobMb }) =>
      [1, 8].map((connections) => ({
        name: `${way}-${blobMb}mb/c${connections}`,
        unit: 'MB/s',
        better: 'higher',
        cpuPer: 'GB',
        async arrange(target, state) {
          const session = await Session.open(target, { connections, repositories: [REPOSITORY] });
          const blobs = Array.from({ length: connections }, () => withFrame(state));
          if (target.dataDir !== undefined) await sync(target.dataDir);
          return {
            end: () => session.close(),
            work: () => pushAll(target, session, blobs, way === 'push-synced' && !target.durable),
          };
        },
      })),
  };
}

/**
 * Blobs of a few megabytes, pushed one after the other by each client. @type {import('./row.mjs').Group<Map<number, BlobSource>>}
 */
export const smallPushes = {
  name: 'small-pushes',
  prepare: async (_target, { seed, scale }) =>
    new Map(scale.smallBlobMb.map((size) => [size, new BlobSource(`${seed} ${size}`, size * MB)])),
  rows: ({ smallBlobMb }) =>
    smallBlobMb.flatMap((size) => [1, 8].map((connections) => smallPushRow(size, connections))),
};

/** @param {number} sizeMb @param {number} connections @returns {import('./row.mjs').Row<Map<number, BlobSource>>} */
function smallPushRow(sizeMb, connections) {
  return {
    name: `push-${sizeMb}mb/c${connections}`,
    unit: 'MB/s',
    better: 'higher',
    cpuPer: 'GB',
    async arrange(target, sources, { scale }) {
      const source = /** @type {BlobSource} */ (sources.get(sizeMb));
      const session = await Session.open(target, { connections, repositories: [REPOSITORY] });
      const step = (/** @type {import('../load/connection.mjs').Connection} */ connection) =>
        pushBlob(session, connection, REPOSITORY, source.next());
      const loop = (/** @type {number} */ seconds) => closedLoop({ connections: session.connections, seconds, step });
      await loop(scale.warmSeconds);
      if (target.dataDir !== undefined) await sync(target.dataDir);
      return {
        end: () => session.close(),
        async work() {
          const { seconds, latencies } = await loop(scale.seconds);
          const bytes = latencies.length * source.size;
          return { value: bytes / MB / seconds, work: bytes / 1e9, latencies };
        },
      };
    },
  };
}

/** @param {State} state */
function withFrame({ source, framedBase }) {
  const blob = source.next();
  const framed = framedBase === undefined ? undefined : [framedBase, frameChunks(blob.parts[1]), LAST_CHUNK];
  return { blob, framed };
}

/**
 * @param {import('../servers/target.mjs').Target} target
 * @param {Session} session
 * @param {ReturnType<typeof withFrame>[]} blobs one for each connection
 * @param {boolean} synced whether the acknowledged push counts only when `sync -f` has ended
 * @returns {Promise<import('../measure/measure.mjs').Outcome>}
 */
async function pushAll(target, session, blobs, synced) {
  const bytes = blobs.reduce((sum, { blob }) => sum + blob.size, 0);
  const { seconds, latencies } = await closedLoop({
    connections: session.connections,
    seconds: 0,
    async step(connection, client) {
      const { blob, framed } = blobs[client];
      if (framed === undefined) await pushBlob(session, connection, REPOSITORY, blob);
      else await streamBlob(session, connection, REPOSITORY, blob, framed);
      if (synced && target.dataDir !== undefined) await sync(target.dataDir);
    },
  });
  const note = synced ? '`sync -f` after each push, in the timed part' : undefined;
  return { value: bytes / MB / seconds, work: bytes / 1e9, latencies, note };
}

/**
 * Writes the file system of the directory to the disk. Before a row it takes the write-back of earlier rows out of it.
 * @param {string} dir
 */
async function sync(dir) {
  await run('sync', ['-f', dir]);
}
