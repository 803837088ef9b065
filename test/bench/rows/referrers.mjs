import { closedLoop } from '../load/closed-loop.mjs';
import { digestOf, MANIFEST_TYPE, manifestOf } from '../load/content.mjs';
import { pushBlob, pushManifest } from '../load/push.mjs';
import { Session } from '../load/session.mjs';
import { ImageSource } from './push-image.mjs';
import { requestRow } from './request-row.mjs';

const REPOSITORY = 'bench/referrers';
const CONNECTIONS = 8;

/** @typedef {{path: string, offered: boolean}} State */

/** One subject with many referrers of ten artifact types. @type {import('./row.mjs').Group<State>} */
export const referrers = {
  name: 'referrers',
  async prepare(target, { seed, scale }) {
    const subject = await seedReferrers(target, scale.referrers, seed);
    const path = `/v2/${REPOSITORY}/referrers/${subject}`;
    return { path, offered: await isOffered(target, path) };
  },
  rows: ({ referrers: count }) => [
    ...[1, 8].map((connections) => listRow(`referrers-${count}`, connections, '')),
    ...[1, 8].map((connections) => listRow(`referrers-${count}-filtered`, connections, `?artifactType=${typeOf(3)}`)),
  ],
};

/** @param {string} name @param {number} connections @param {string} query */
function listRow(name, connections, query) {
  return requestRow({
    name,
    connections,
    able: (/** @type {State} */ { offered }) => offered,
    request: ({ path }) => ({ method: 'GET', path: `${path}${query}`, repository: REPOSITORY }),
  });
}

const typeOf = (/** @type {number} */ number) => `application/vnd.example.kind-${number % 10}`;

/** @param {import('../servers/target.mjs').Target} target @param {number} count @param {string} seed */
async function seedReferrers(target, count, seed) {
  const session = await Session.open(target, { connections: CONNECTIONS, repositories: [REPOSITORY] });
  const { config, layers } = new ImageSource(seed).next();
  for (const blob of [config, ...layers]) await pushBlob(session, session.connections[0], REPOSITORY, blob);
  const image = manifestOf(config, layers);
  await pushManifest(session, session.connections[0], REPOSITORY, 'v1', image);
  const subject = { mediaType: MANIFEST_TYPE, digest: digestOf(image), size: image.length };
  let next = 0;
  await closedLoop({
    connections: session.connections,
    seconds: 600,
    maxCount: count,
    step(connection) {
      const number = next++;
      const plain = JSON.parse(manifestOf(config, layers, `${seed} ${number}`).toString());
      const referrer = Buffer.from(JSON.stringify({ ...plain, artifactType: typeOf(number), subject }));
      return pushManifest(session, connection, REPOSITORY, digestOf(referrer), referrer);
    },
  });
  session.close();
  return subject.digest;
}

/** @param {import('../servers/target.mjs').Target} target @param {string} path */
async function isOffered(target, path) {
  const session = await Session.open(target, { repositories: [REPOSITORY] });
  const { status } = await session.connections[0].exchange(session.head({ method: 'GET', path }));
  session.close();
  return status === 200;
}
