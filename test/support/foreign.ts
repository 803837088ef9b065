import type { Registry } from './running-registry.js';

/** A registry that runs already. It is not ours to end, so `stop` leaves it alone and the rest throws. */
export function startForeign(url: string): Registry {
  const notOurs = () => Promise.reject(new Error(`${url} was not started by this test`));
  return {
    url: new URL(url).origin,
    host: new URL(url).host,
    user: process.env.LADING_TEST_USER || 'admin',
    password: process.env.LADING_TEST_PASSWORD || '',
    get dataDir(): string {
      throw new Error(`the data of ${url} is not known`);
    },
    get databaseDir(): string {
      throw new Error(`the database of ${url} is not known`);
    },
    get pids(): number[] {
      throw new Error(`the processes of ${url} are not known`);
    },
    stop: () => Promise.resolve(),
    kill9: notOurs,
    restart: notOurs,
  };
}
