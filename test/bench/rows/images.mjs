import { closedLoop } from '../load/closed-loop.mjs';
import { Session } from '../load/session.mjs';
import { ImageSource, pushImage } from './push-image.mjs';

const CONNECTIONS = 8;

/** Small images: every client into a repository of its own, or all into one. @type {import('./row.mjs').Group<ImageSource>} */
export const images = {
  name: 'images',
  prepare: async (_target, { seed }) => new ImageSource(seed),
  rows: () => [
    imageRow(
      'images-8-repositories',
      Array.from({ length: CONNECTIONS }, (_, client) => `bench/own-${client}`),
    ),
    imageRow('images-1-repository', ['bench/shared']),
  ],
};

/**
 * @param {string} name @param {string[]} repositories
 * @returns {import('./row.mjs').Row<ImageSource>}
 */
function imageRow(name, repositories) {
  return {
    name: `${name}/c${CONNECTIONS}`,
    unit: 'images/s',
    better: 'higher',
    cpuPer: '10k images',
    async arrange(target, source, { scale }) {
      const session = await Session.open(target, { connections: CONNECTIONS, repositories });
      const loop = (/** @type {number} */ seconds) =>
        closedLoop({
          connections: session.connections,
          seconds,
          step: (connection, client) =>
            pushImage(session, connection, repositories[client % repositories.length], source.next()),
        });
      await loop(scale.warmSeconds);
      return {
        end: () => session.close(),
        async work() {
          const { seconds, latencies } = await loop(scale.seconds);
          return { value: latencies.length / seconds, work: latencies.length / 10_000, latencies };
        },
      };
    },
  };
}
