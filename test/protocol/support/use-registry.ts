import type { Registry } from '../../support/registry.js';
import { Http } from './http.js';
import { startRegistry } from './start-registry.js';

export interface Used {
  /** Of use from the first `beforeAll` after `useRegistry` on. */
  readonly registry: Registry;
  /** The administrator's client. */
  readonly http: Http;
  /** Closes a client when the tests end, before the registry stops. Returns it. */
  closing<T extends { close(): void }>(client: T): T;
}

/**
 * A registry of their own for the tests of a file, or of the group in which it is called: started before all of them,
 * stopped after the last.
 *
 * @param env more settings for the server, such as `{LADING_CHALLENGE: 'basic'}`
 */
export function useRegistry(env: Record<string, string> = {}): Used {
  let started: Registry | undefined;
  const clients: { close(): void }[] = [];
  const closing = <T extends { close(): void }>(client: T): T => {
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    started = await startRegistry(env);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await started?.stop();
  });
  const registry = onceStarted(() => {
    if (started === undefined) throw new Error('the registry is started by a beforeAll, and asked before that');
    return started;
  });
  return { registry, http: closing(Http.asAdmin(registry)), closing };
}

/** Stands for a registry that is not there yet where a spec is read, so that clients of it can be named beside it. */
function onceStarted(started: () => Registry): Registry {
  return {
    get url() {
      return started().url;
    },
    get host() {
      return started().host;
    },
    get user() {
      return started().user;
    },
    get password() {
      return started().password;
    },
    get dataDir() {
      return started().dataDir;
    },
    get databaseDir() {
      return started().databaseDir;
    },
    get pids() {
      return started().pids;
    },
    stop: () => started().stop(),
    kill9: () => started().kill9(),
    restart: () => started().restart(),
  };
}
