import type { DatabaseAddress } from '@lading/database';
import { IpNetworks, type Logger, type Secret } from '@lading/platform';
import type { AuthPort, ScopePort } from '@lading/rpc';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DataSource } from 'typeorm';
import { type EnsureAdminOptions, type EnsuredAdmin, ensureAdmin } from './account/ensure-admin.js';
import { nobodysHash } from './account/password-hash.js';
import { authModule } from './app.module.js';
import { openAuthDatabase } from './database.js';
import { AuthController } from './grant/auth.controller.js';
import { ErrorFilter } from './http/error.filter.js';
import { createFastify } from './http/fastify.js';
import { ensureInstallation } from './installation/ensure-installation.js';
import { KeySealer } from './key/seal.js';

export interface AuthAppOptions {
  readonly database: DatabaseAddress;
  /** Seals the signing keys. Every replica, and every later start, must give the same. */
  readonly keySecret: Secret;
  /** `metadata`: asked where a repository's name leads. */
  readonly scopes: ScopePort;
  readonly logger: Logger;
  readonly admin: Omit<EnsureAdminOptions, 'logger'>;
  /** Milliseconds, within `tokenTtlRule`. */
  readonly tokenTtlMs: number;
  /** Whether refresh tokens are given and taken; they are not unless told. */
  readonly refreshTokens?: boolean;
  /** Addresses and networks whose headers tell the client's address (`LADING_TRUSTED_PROXIES`). */
  readonly trustedProxies?: readonly string[];
}

/** The service, initialised and not listening: a server of `createFront` stands in front of it. */
export interface AuthApp {
  /** Serves `/token`, `/jwt/auth`, `/jwks`, `/livez`, `/readyz`. */
  readonly app: NestFastifyApplication;
  /** The contract of `proto/lading/auth/v1`, for callers in this process. */
  readonly authPort: AuthPort;
  readonly admin: EnsuredAdmin;
  /** Lets requests in flight end, then closes the connections to the database. May be called again. */
  close(): Promise<void>;
}

/**
 * Migrates schema `auth`, makes what a first start makes (installation, signing key, administrator) and builds the
 * application. Any number of replicas may do this at once.
 *
 * @throws WrongKeySecret
 */
export async function createAuthApp(options: AuthAppOptions): Promise<AuthApp> {
  const dataSource = await openAuthDatabase(options.database);
  try {
    const sealer = new KeySealer(options.keySecret);
    const issuer = await ensureInstallation(dataSource, sealer);
    const admin = await ensureAdmin(dataSource, { ...options.admin, logger: options.logger });
    // Made now, so that the first unknown name does not take longer than the next.
    await nobodysHash();
    const app = await buildApp(dataSource, sealer, issuer, options);
    const close = async () => {
      await app.close();
      if (dataSource.isInitialized) await dataSource.destroy();
    };
    return { app, authPort: app.get(AuthController), admin, close };
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function buildApp(dataSource: DataSource, sealer: KeySealer, issuer: string, options: AuthAppOptions) {
  const { logger, scopes, tokenTtlMs, refreshTokens = false, trustedProxies = [] } = options;
  const tokenTtlSeconds = Math.floor(tokenTtlMs / 1000);
  const module = authModule({ dataSource, sealer, scopes, issuer, tokenTtlSeconds, refreshTokens, log: logger });
  const fastify = createFastify({ logger, trustedProxies: new IpNetworks(trustedProxies) });
  const app = await NestFactory.create<NestFastifyApplication>(module, fastify, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ErrorFilter(logger));
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
