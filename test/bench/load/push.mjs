import { MANIFEST_TYPE } from './content.mjs';
import { expectStatus } from './expect-status.mjs';

/** @typedef {import('./connection.mjs').Connection} Connection */
/** @typedef {import('./session.mjs').Session} Session */
/** @typedef {import('./content.mjs').Blob} Blob */

const OCTETS = { 'Content-Type': 'application/octet-stream' };

/**
 * POST, then one PUT with the whole body.
 * @param {Session} session @param {Connection} connection @param {string} repository @param {Blob} blob
 */
export async function pushBlob(session, connection, repository, blob) {
  const location = await openUpload(session, connection, repository);
  const headers = { ...OCTETS, 'Content-Length': blob.size };
  const head = session.head({ method: 'PUT', path: withDigest(location, blob.digest), headers });
  expectStatus(await connection.exchange(head, { body: blob.parts }), 201, 'PUT of a blob');
}

/**
 * POST, one PATCH of unknown length (chunked), then an empty PUT: what docker and skopeo do.
 * @param {Session} session @param {Connection} connection @param {string} repository @param {Blob} blob
 * @param {Buffer[]} framed the blob's parts with the framing of chunks, made before the timed part
 */
export async function streamBlob(session, connection, repository, blob, framed) {
  const location = await openUpload(session, connection, repository);
  const patch = session.head({
    method: 'PATCH',
    path: location,
    headers: { ...OCTETS, 'Transfer-Encoding': 'chunked' },
  });
  const patched = await connection.exchange(patch, { body: framed });
  expectStatus(patched, 202, 'PATCH of an upload');
  const path = withDigest(locationOf(patched.head), blob.digest);
  const put = session.head({ method: 'PUT', path, headers: { 'Content-Length': 0 } });
  expectStatus(await connection.exchange(put), 201, 'PUT that ends an upload');
}

/**
 * @param {Session} session @param {Connection} connection @param {string} repository
 * @param {string} reference tag or digest @param {Buffer} manifest
 */
export async function pushManifest(session, connection, repository, reference, manifest) {
  const headers = { 'Content-Type': MANIFEST_TYPE, 'Content-Length': manifest.length };
  const head = session.head({ method: 'PUT', path: `/v2/${repository}/manifests/${reference}`, headers });
  expectStatus(await connection.exchange(head, { body: [manifest] }), 201, 'PUT of a manifest');
}

/**
 * Throws unless it is mounted: an upload instead would be another row.
 * @param {Session} session @param {Connection} connection @param {string} repository
 * @param {string} digest @param {string} from
 */
export async function mountBlob(session, connection, repository, digest, from) {
  const path = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`;
  const head = session.head({ method: 'POST', path, headers: { 'Content-Length': 0 } });
  expectStatus(await connection.exchange(head), 201, 'POST of a mount');
}

/**
 * @param {Session} session @param {Connection} connection @param {string} repository
 * @returns {Promise<string>} path and query of the upload
 */
async function openUpload(session, connection, repository) {
  const head = session.head({
    method: 'POST',
    path: `/v2/${repository}/blobs/uploads/`,
    headers: { 'Content-Length': 0 },
  });
  const answer = await connection.exchange(head);
  expectStatus(answer, 202, 'POST of an upload');
  return locationOf(answer.head);
}

/**
 * The upload's place, absolute or relative, with the query it came with: some registries keep the state of the upload there.
 * @param {string} head @returns {string} path and query
 */
export function locationOf(head) {
  const location = /\r\nlocation: *([^\r]+)/i.exec(head)?.[1];
  if (location === undefined) throw new Error('the answer has no Location');
  const url = new URL(location, 'http://127.0.0.1');
  return url.pathname + url.search;
}

/** @param {string} location @param {string} digest */
function withDigest(location, digest) {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
