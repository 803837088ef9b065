import { createDataSource, type DatabaseAddress, runMigrations } from '@lading/database';
import type { DataSource } from 'typeorm';
import { Account } from './account/account.entity.js';
import { Installation } from './installation/installation.entity.js';
import { SigningKey } from './key/signing-key.entity.js';
import { Auth0001 } from './migrations/0001-auth.js';

/** Connects to schema `auth` and brings it up to date. The caller destroys what it gets. */
export async function openAuthDatabase(address: DatabaseAddress): Promise<DataSource> {
  const entities = [Account, Installation, SigningKey];
  const dataSource = createDataSource({ ...address, schema: 'auth', migrations: [Auth0001], entities });
  await dataSource.initialize();
  try {
    await runMigrations(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
