import { Pool } from 'pg';
import { AnsweredClient } from './answered-client.js';
import type { ServerConnection } from './embedded/running-server.js';
import { valueTypes } from './value-types.js';

/** Where the database is: a URL (`postgresql://user:password@host:5432/name`) or the embedded server's socket. */
export type DatabaseAddress = { readonly url: string } | { readonly connection: ServerConnection };

export type PoolSettings = DatabaseAddress & {
  /** The most connections open at once. */
  readonly max: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Milliseconds after which the server ends a statement (57014); 30,000 unless told. */
  readonly statementTimeout?: number;
  /** Run-time parameters of every connection, such as `{ synchronous_commit: 'off' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Told of a connection lost while nobody used it; the pool replaces it by itself. */
  readonly onLostConnection?: (error: Error) => void;
};

/**
 * A pool of `pg` with our limits: 10 s to get a connection (a waiting caller gets an error then, not silence), 60 s for
 * a transaction that does nothing, TCP keep-alive after 10 s, so that a peer that went away without a word is noticed,
 * and no waiting for a server that is there but stopped.
 */
export function createPool(settings: PoolSettings): Pool {
  const pool = new Pool({
    ...connectionOf(settings),
    ...connectionLimits(settings.statementTimeout),
    ...answerTimeout(settings.statementTimeout),
    max: settings.max,
    application_name: settings.applicationName,
    ...(settings.parameters && { options: optionsOf(settings.parameters) }),
  });
  pool.on('error', settings.onLostConnection ?? (() => undefined));
  // A connection that breaks while a caller holds it between two statements would end the process without a listener;
  // the caller's next statement reports it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const STATEMENT_TIMEOUT = 30_000;
/** Milliseconds after a statement's timeout in which the server must have told of it. */
const ANSWER_GRACE = 5_000;

/** The limits that every connection of ours has, whoever pools it. */
export function connectionLimits(statementTimeout = STATEMENT_TIMEOUT) {
  return {
    Client: AnsweredClient,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementTimeout,
    idle_in_transaction_session_timeout: 60_000,
    types: valueTypes,
  };
}

/** Gives a statement up whose timeout the server did not tell of: it is there, but stopped or out of reach. */
export function answerTimeout(statementTimeout = STATEMENT_TIMEOUT) {
  return { query_timeout: statementTimeout + ANSWER_GRACE };
}

/** As the startup packet carries them; a space within a value is escaped. */
function optionsOf(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}

function connectionOf(address: DatabaseAddress) {
  return 'url' in address ? { connectionString: address.url } : address.connection;
}
