import { digestOf, MANIFEST_TYPE } from '../load/content.mjs';
import { Session } from '../load/session.mjs';
import { assertBytes } from './assert-bytes.mjs';
import { ImageSource, pushImage } from './push-image.mjs';
import { requestRow } from './request-row.mjs';

const REPOSITORY = 'bench/reads';

/** @typedef {{tag: string, digest: string, layer: string}} State */

/** Small reads of one image in a repository that holds nothing else. @type {import('./row.mjs').Group<State>} */
export const reads = {
  name: 'reads',
  async prepare(target, { seed }) {
    const session = await Session.open(target, { repositories: [REPOSITORY] });
    const image = new ImageSource(seed).next();
    await pushImage(session, session.connections[0], REPOSITORY, image);
    const state = { tag: image.tag, digest: digestOf(image.manifest), layer: image.layers[0].digest };
    await assertBytes(session, manifestPath(state.tag), state.digest);
    await assertBytes(session, blobPath(state.layer), state.layer);
    session.close();
    return state;
  },
  rows: () => [
    ...[1, 16, 64].map((connections) =>
      requestRow({ name: 'manifest-tag', connections, request: manifestByTag('GET') }),
    ),
    ...[1, 16, 64].map((connections) =>
      requestRow({
        name: 'manifest-digest',
        connections,
        request: (state) => manifestRequest('GET', state.digest),
      }),
    ),
    requestRow({ name: 'head-manifest-tag', connections: 16, request: manifestByTag('HEAD') }),
    requestRow({ name: 'head-blob', connections: 16, request: (state) => blobRequest('HEAD', state) }),
    ...[16, 64].map((connections) =>
      requestRow({
        name: 'blob-10kb',
        connections,
        request: (state) => blobRequest('GET', state),
      }),
    ),
  ],
};

const manifestPath = (/** @type {string} */ reference) => `/v2/${REPOSITORY}/manifests/${reference}`;
const blobPath = (/** @type {string} */ digest) => `/v2/${REPOSITORY}/blobs/${digest}`;

/** @typedef {'GET' | 'HEAD'} Method */

/** @param {Method} method @param {string} reference */
function manifestRequest(method, reference) {
  return { method, path: manifestPath(reference), accept: MANIFEST_TYPE, repository: REPOSITORY };
}

/** @param {Method} method */
function manifestByTag(method) {
  return (/** @type {State} */ state) => manifestRequest(method, state.tag);
}

/** @param {Method} method @param {State} state */
function blobRequest(method, state) {
  return { method, path: blobPath(state.layer), repository: REPOSITORY };
}
