import { createHash } from 'node:crypto';
import { MANIFEST_TYPE } from '../load/content.mjs';
import { expectStatus } from '../load/expect-status.mjs';

/**
 * Hashing each answer would cost the generator the CPU that the server needs; so the bytes are proved here, once.
 * @param {import('../load/session.mjs').Session} session @param {string} path @param {string} digest
 */
export async function assertBytes(session, path, digest) {
  const hash = createHash('sha256');
  const head = session.head({ method: 'GET', path, headers: { Accept: `${MANIFEST_TYPE}, */*` } });
  const answer = await session.connections[0].exchange(head, {
    sink: (bytes) => {
      hash.update(bytes);
    },
  });
  expectStatus(answer, 200, `GET ${path}`);
  if (`sha256:${hash.digest('hex')}` !== digest) throw new Error(`GET ${path} gave other bytes than were pushed`);
}
