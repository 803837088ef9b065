// The part that starts a server: without TypeORM, which costs a process that only starts one half a second.
export * from '../data-dir-errors.js';
export * from '../lock-data-dir.js';
export * from './copy-cluster.js';
export * from './embedded-postgres.js';
export * from './postgres-failed.js';
export type { ServerConnection } from './running-server.js';
