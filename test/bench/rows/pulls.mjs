import { closedLoop } from '../load/closed-loop.mjs';
import { BlobSource } from '../load/content.mjs';
import { expectStatus } from '../load/expect-status.mjs';
import { pushBlob } from '../load/push.mjs';
import { Session } from '../load/session.mjs';
import { assertBytes } from './assert-bytes.mjs';

const REPOSITORY = 'bench/pulls';
const MB = 1_000_000;

/** Pulls of one large blob out of the page cache. @type {import('./row.mjs').Group<{path: string, size: number}>} */
export const pulls = {
  name: 'pulls',
  async prepare(target, { seed, scale }) {
    const session = await Session.open(target, { repositories: [REPOSITORY] });
    const blob = new BlobSource(seed, scale.blobMb * MB).next();
    await pushBlob(session, session.connections[0], REPOSITORY, blob);
    const path = `/v2/${REPOSITORY}/blobs/${blob.digest}`;
    await assertBytes(session, path, blob.digest);
    session.close();
    return { path, size: blob.size };
  },
  rows: ({ blobMb }) =>
    [1, 8, 32].map((connections) => ({
      name: `pull-${blobMb}mb/c${connections}`,
      unit: 'MB/s',
      better: 'higher',
      cpuPer: 'GB',
      async arrange(target, { path, size }, { scale }) {
        const session = await Session.open(target, { connections, repositories: [REPOSITORY] });
        const head = session.head({ method: 'GET', path });
        return {
          end: () => session.close(),
          async work() {
            const { seconds, latencies } = await closedLoop({
              connections: session.connections,
              seconds: scale.seconds,
              async step(connection) {
                const answer = await connection.exchange(head);
                expectStatus(answer, 200, `GET ${path}`);
                if (answer.bytes !== size) throw new Error(`GET ${path} gave ${answer.bytes} of ${size} bytes`);
              },
            });
            const bytes = latencies.length * size;
            return { value: bytes / MB / seconds, work: bytes / 1e9, latencies };
          },
        };
      },
    })),
};
