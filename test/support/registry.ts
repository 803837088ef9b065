import { startForeign } from './foreign.js';
import type { Registry } from './running-registry.js';
import { startServices } from './services.js';
import { startStandalone } from './standalone.js';

export type { Registry } from './running-registry.js';

/**
 * Starts the registry that the environment asks for: `LADING_TEST_URL` (with `LADING_TEST_USER` and
 * `LADING_TEST_PASSWORD`) is one that runs already, whoever made it; else `LADING_TEST_SHAPE` is `standalone`
 * (the default: one process) or `services` (each service alone).
 *
 * @param env more settings for the server, such as `{LADING_CHALLENGE: 'basic'}`
 * @param startFront what stands before services that run alone, as in `startServices`
 */
export function startRegistry(
  env: Record<string, string> = {},
  startFront?: Parameters<typeof startServices>[1],
): Promise<Registry> {
  if (process.env.LADING_TEST_URL) return Promise.resolve(startForeign(process.env.LADING_TEST_URL));
  const shape = process.env.LADING_TEST_SHAPE || 'standalone';
  if (shape === 'standalone') return startStandalone(env);
  if (shape === 'services') return startServices(env, startFront);
  throw new Error(`LADING_TEST_SHAPE is ${shape}; it must be standalone or services`);
}
