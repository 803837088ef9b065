export type { Pool } from 'pg';
export * from './create-data-source.js';
export { createPool, type DatabaseAddress, type PoolSettings } from './create-pool.js';
export * from './embedded/index.js';
export * from './run-migrations.js';
export * from './sql-migration.js';
export * from './statement.js';
export * from './transaction.js';
