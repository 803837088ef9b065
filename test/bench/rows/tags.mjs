import { MANIFEST_TYPE } from '../load/content.mjs';
import { Session } from '../load/session.mjs';
import { requestRow } from './request-row.mjs';
import { seedTags, tagOf } from './seed-tags.mjs';
import { idleRow, startRow } from './starts.mjs';

const REPOSITORY = 'bench/many';
const PAGE = 100;

/** @typedef {{last: string, middle: string, notes: Record<string, string | undefined>}} State */

/**
 * A repository with many manifests, each under its tag.
 * @param {number} nth of the counts in the scale
 * @returns {import('./row.mjs').Group<State>}
 */
export function tags(nth) {
  const countOf = (/** @type {import('./row.mjs').Scale} */ { tags: counts }) => counts[nth] ?? 0;
  return {
    name: `tags-${nth}`,
    async prepare(target, { seed, scale }) {
      const count = countOf(scale);
      await seedTags(target, REPOSITORY, count, seed);
      const last = tagOf(count - PAGE - 1);
      const notes = { first: await checkPage(target, ''), last: await checkPage(target, last) };
      return { last, middle: tagOf(Math.floor(count / 2)), notes };
    },
    rows: (scale) => (countOf(scale) === 0 ? [] : rowsOf(countOf(scale))),
  };
}

/** @param {number} count @returns {import('./row.mjs').Row<State>[]} */
function rowsOf(count) {
  return [
    ...[1, 8].map((connections) =>
      requestRow({
        name: `tags-${count}-first-page`,
        connections,
        request: () => pageRequest(''),
        note: (/** @type {State} */ { notes }) => notes.first,
      }),
    ),
    ...[1, 8].map((connections) =>
      requestRow({
        name: `tags-${count}-last-page`,
        connections,
        request: (/** @type {State} */ { last }) => pageRequest(last),
        note: ({ notes }) => notes.last,
      }),
    ),
    requestRow({
      name: `manifest-tag-of-${count}`,
      connections: 16,
      request: (/** @type {State} */ { middle }) => ({
        method: 'GET',
        path: `/v2/${REPOSITORY}/manifests/${middle}`,
        accept: MANIFEST_TYPE,
        repository: REPOSITORY,
      }),
    }),
    startRow(`start-${count}-manifests`),
    idleRow(`idle-memory-${count}-manifests`),
  ];
}

/** @param {string} last @returns {import('./request-row.mjs').FixedRequest & {repository: string}} */
function pageRequest(last) {
  const query = `n=${PAGE}${last === '' ? '' : `&last=${last}`}`;
  return { method: 'GET', path: `/v2/${REPOSITORY}/tags/list?${query}`, repository: REPOSITORY };
}

/**
 * Some registries do not page as the specification says; their figure then is that of another answer.
 * @param {import('../servers/target.mjs').Target} target @param {string} last
 * @returns {Promise<string | undefined>} what is odd about the page
 */
async function checkPage(target, last) {
  const session = await Session.open(target, { repositories: [REPOSITORY] });
  /** @type {Buffer[]} */ const pieces = [];
  const head = session.head(pageRequest(last));
  await session.connections[0].exchange(head, { sink: (bytes) => pieces.push(Buffer.from(bytes)) });
  session.close();
  const { tags: listed } = JSON.parse(Buffer.concat(pieces).toString());
  return listed?.length === PAGE ? undefined : `answers ${listed?.length ?? 'no'} tags where ${PAGE} were asked for`;
}
