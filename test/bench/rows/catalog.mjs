import { closedLoop } from '../load/closed-loop.mjs';
import { configBlob, manifestOf } from '../load/content.mjs';
import { mountBlob, pushBlob, pushManifest } from '../load/push.mjs';
import { Session } from '../load/session.mjs';
import { requestRow } from './request-row.mjs';

const SOURCE = 'bench/catalog';
const PAGE = 100;
const CONNECTIONS = 8;

/** Names sort in the order of their numbers. @param {number} number */
const repositoryOf = (number) => `${SOURCE}/r-${String(number).padStart(6, '0')}`;

/** @typedef {{last: string}} State */

/** Many repositories of one tiny image. @type {import('./row.mjs').Group<State>} */
export const catalog = {
  name: 'catalog',
  async prepare(target, { seed, scale }) {
    await seedRepositories(target, scale.repositories, seed);
    return { last: repositoryOf(scale.repositories - PAGE - 1) };
  },
  rows: ({ repositories: count }) => [
    ...[1, 8].map((connections) =>
      requestRow({ name: `catalog-${count}-first-page`, connections, request: () => pageRequest('') }),
    ),
    ...[1, 8].map((connections) =>
      requestRow({
        name: `catalog-${count}-last-page`,
        connections,
        request: (/** @type {State} */ { last }) => pageRequest(last),
      }),
    ),
  ],
};

/** @param {string} last @returns {import('./request-row.mjs').FixedRequest} */
function pageRequest(last) {
  return { method: 'GET', path: `/v2/_catalog?n=${PAGE}${last === '' ? '' : `&last=${last}`}` };
}

/**
 * With the password: a token would need a scope for each repository.
 * @param {import('../servers/target.mjs').Target} target @param {number} count @param {string} seed
 */
async function seedRepositories(target, count, seed) {
  const session = await Session.open(target, { connections: CONNECTIONS, basic: true });
  const config = configBlob(seed);
  await pushBlob(session, session.connections[0], SOURCE, config);
  const manifest = manifestOf(config, []);
  let next = 0;
  await closedLoop({
    connections: session.connections,
    seconds: 900,
    maxCount: count,
    async step(connection) {
      const repository = repositoryOf(next++);
      await mountBlob(session, connection, repository, config.digest, SOURCE);
      await pushManifest(session, connection, repository, 'v1', manifest);
    },
  });
  session.close();
}
