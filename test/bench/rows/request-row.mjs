import { closedLoop } from '../load/closed-loop.mjs';
import { expectStatus } from '../load/expect-status.mjs';
import { Session } from '../load/session.mjs';

/** @typedef {{method: 'GET' | 'HEAD', path: string, accept?: string}} FixedRequest */

/**
 * A row of one request again and again.
 * @template State
 * @param {object} row
 * @param {string} row.name
 * @param {number} row.connections
 * @param {(state: State) => FixedRequest & {repository?: string}} row.request
 * @param {(state: State) => string | undefined} [row.note]
 * @param {(state: State) => boolean} [row.able]
 * @param {boolean} [row.basic] send the password instead of a token
 * @returns {import('./row.mjs').Row<State>}
 */
export function requestRow({ name, connections, request, note, able, basic }) {
  return {
    name: `${name}/c${connections}`,
    unit: '/s',
    better: 'higher',
    cpuPer: '10k',
    able,
    async arrange(target, state, { scale }) {
      const { method, path, accept, repository } = request(state);
      const repositories = repository === undefined ? [] : [repository];
      const session = await Session.open(target, { connections, repositories, basic });
      const head = session.head({ method, path, headers: accept === undefined ? {} : { Accept: accept } });
      const options = { isHead: method === 'HEAD' };
      const step = async (/** @type {import('../load/connection.mjs').Connection} */ connection) => {
        const answer = await connection.exchange(head, options);
        if (answer.status !== 200) expectStatus(answer, 200, `${method} ${path}`);
      };
      const loop = (/** @type {number} */ seconds) => closedLoop({ connections: session.connections, seconds, step });
      await loop(scale.warmSeconds);
      return {
        end: () => session.close(),
        async work() {
          const { seconds, latencies } = await loop(scale.seconds);
          return { value: latencies.length / seconds, work: latencies.length / 10_000, latencies, note: note?.(state) };
        },
      };
    },
  };
}
