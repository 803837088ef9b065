import { createDataSource, type DatabaseAddress, runMigrations } from '@lading/database';
import type { DataSource } from 'typeorm';
import { Account } from './account/account.entity.js';
import { Installation } from './installation/installation.entity.js';
import { SigningKey } from './key/signing-key.entity.js';
import { Auth0001 } from './migrations/0001-auth.js';
import { Auth0002 } from './migrations/0002-refresh-token.js';

const MIGRATIONS = [Auth0001, Auth0002];

/** Connects to schema `auth` and brings it up to date. The caller destroys what it gets. */
export async function openAuthDatabase(address: DatabaseAddress): Promise<DataSource> {
  const entities = [Account, Installation, SigningKey];
  const dataSource = createDataSource({ ...address, schema: 'auth', migrations: MIGRATIONS, entities });
  await dataSource.initialize();
  try {
    await runMigrations(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
