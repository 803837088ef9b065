import { ClientHome } from '../support/client-home.js';
import { randomImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';

const ROUNDS = 25;

/**
 * A first push makes group and project, and crane starts every layer of it at once: each of the seven uploads may find
 * the project missing, being made, or there. A round is lost where one of them is refused.
 */
describe.each(['bearer', 'basic'])('a first push of six layers with a %s challenge', (challenge) => {
  let registry: Registry;

  beforeAll(async () => {
    registry = await startRegistry({ LADING_CHALLENGE: challenge });
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it(`succeeds in each of ${ROUNDS} new projects`, async () => {
    const home = new ClientHome();
    const { dir } = randomImage(home.path('layers'), 'first push', Array(6).fill(10_000));
    await home.run([tool('crane'), 'auth', 'login', registry.host, '-u', registry.user, '-p', registry.password]);
    const failed: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const push = [tool('crane'), 'push', dir, `${registry.host}/first/push-${round}:v1`];
      const { code, report } = await run(push, { env: home.env });
      if (code !== 0) failed.push(report);
    }
    expect(failed).toEqual([]);
  });
});
