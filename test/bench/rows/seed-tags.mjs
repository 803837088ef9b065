import { closedLoop } from '../load/closed-loop.mjs';
import { manifestOf } from '../load/content.mjs';
import { pushBlob, pushManifest } from '../load/push.mjs';
import { Session } from '../load/session.mjs';
import { ImageSource } from './push-image.mjs';

const CONNECTIONS = 8;

/** Tags sort in the order of their numbers. @param {number} number */
export const tagOf = (number) => `tag-${String(number).padStart(6, '0')}`;

/**
 * Fills a repository with manifests that differ in an annotation only, each under a tag of its own.
 * @param {import('../servers/target.mjs').Target} target @param {string} repository @param {number} count @param {string} seed
 */
export async function seedTags(target, repository, count, seed) {
  const session = await Session.open(target, { connections: CONNECTIONS, repositories: [repository] });
  const { config, layers } = new ImageSource(seed).next();
  for (const blob of [config, ...layers]) await pushBlob(session, session.connections[0], repository, blob);
  let next = 0;
  await closedLoop({
    connections: session.connections,
    seconds: 1500,
    maxCount: count,
    step(connection) {
      const number = next++;
      return pushManifest(
        session,
        connection,
        repository,
        tagOf(number),
        manifestOf(config, layers, `${seed} ${number}`),
      );
    },
  });
  session.close();
}
