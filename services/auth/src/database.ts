import { createDataSource, type DatabaseAddress, runMigrations } from '@lading/database';
import type { DataSource } from 'typeorm';
import { Account } from './account/account.entity.js';
import { Installation } from './installation/installation.entity.js';
import { SigningKey } from './key/signing-key.entity.js';
import { Auth0001 } from './migrations/0001-auth.js';
import { Auth0002 } from './migrations/0002-refresh-token.js';

const MIGRATIONS = [Auth0001, Auth0002];

/** Brings schema `auth` up to date and connects to it. The caller destroys what it gets. */
export async function openAuthDatabase(address: DatabaseAddress): Promise<DataSource> {
  await runMigrations({ ...address, schema: 'auth', migrations: MIGRATIONS, max: 2 });
  return createDataSource({ ...address, schema: 'auth', entities: [Account, Installation, SigningKey] }).initialize();
}
