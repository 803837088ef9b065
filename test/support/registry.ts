import { startForeign } from './foreign.js';
import { startServices } from './services.js';
import { startStandalone } from './standalone.js';

/** A registry under test, reached over HTTP and nothing else. */
export interface Registry {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** `127.0.0.1:<port>`, as in an image's name. */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly dataDir: string;
  /** The process that serves `/v2/`; another one after `restart`. */
  readonly pid: number;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL to every process of it. The data stays: call `restart` or `stop`. */
  kill9(): Promise<void>;
  /** Ends it, if it still runs, and starts it again with the same address and data. */
  restart(): Promise<void>;
}

/**
 * Starts the registry that the environment asks for: `LADING_TEST_URL` (with `LADING_TEST_USER` and
 * `LADING_TEST_PASSWORD`) is one that runs already, whoever made it; else `LADING_TEST_SHAPE` is `standalone`
 * (the default: one process) or `services` (each service alone).
 *
 * @param env more settings for the server, such as `{LADING_CHALLENGE: 'basic'}`
 */
export function startRegistry(env: Record<string, string> = {}): Promise<Registry> {
  if (process.env.LADING_TEST_URL) return Promise.resolve(startForeign(process.env.LADING_TEST_URL));
  const shape = process.env.LADING_TEST_SHAPE || 'standalone';
  if (shape === 'standalone') return startStandalone(env);
  if (shape === 'services') return startServices(env);
  throw new Error(`LADING_TEST_SHAPE is ${shape}; it must be standalone or services`);
}
