import { Client } from 'pg';

export interface TwoConnections {
  readonly a: Client;
  readonly b: Client;
  /** As opened, in milliseconds; 0 for none. */
  readonly lockTimeout: number;
  /** Which of the two waits for a lock at this moment, as the server itself says. */
  waiting(): Promise<{ readonly a: boolean; readonly b: boolean }>;
  close(): Promise<void>;
}

export interface TwoConnectionsOptions {
  /** Milliseconds after which waiting for a lock fails with 55P03; 0, the default, waits for ever. */
  readonly lockTimeout?: number;
  /** Milliseconds of waiting after which the server looks for a deadlock (40P01); 50 unless told, 1,000 in production. */
  readonly deadlockTimeout?: number;
}

/** Two plain connections to a test database, and a third one that watches them. */
export async function twoConnections(
  database: { readonly url: string },
  options: TwoConnectionsOptions = {},
): Promise<TwoConnections> {
  const { lockTimeout = 0, deadlockTimeout = 50 } = options;
  const settings = `-c lock_timeout=${lockTimeout} -c deadlock_timeout=${deadlockTimeout}`;
  const clients = [settings, settings, ''].map((each) => new Client({ connectionString: database.url, options: each }));
  const [a, b, observer] = clients as [Client, Client, Client];
  await Promise.all(clients.map((client) => client.connect()));
  const [pidA, pidB] = await Promise.all([a, b].map(pidOf));

  const waiting = async () => {
    const { rows } = await observer.query<{ a: boolean; b: boolean }>({
      name: 'waiting',
      text: 'select cardinality(pg_blocking_pids($1)) > 0 a, cardinality(pg_blocking_pids($2)) > 0 b',
      values: [pidA, pidB],
    });
    return rows[0] ?? { a: false, b: false };
  };
  const close = async () => void (await Promise.all(clients.map((client) => client.end())));
  return { a, b, lockTimeout, waiting, close };
}

async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() pid');
  return rows[0]?.pid ?? 0;
}
