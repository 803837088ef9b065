import type { Server } from 'node:http';
import { type AuthApp, type AuthAppOptions, createAuthApp } from '@lading/auth';
import type { BlobStore } from '@lading/blob-store';
import type { DatabaseAddress } from '@lading/database';
import { createDistributionApp } from '@lading/distribution';
import {
  CollectorController,
  clocksOf,
  createGcApp,
  type GcApp,
  gcMetrics,
  migrateGc,
  openConsumer,
  openPool,
} from '@lading/gc';
import {
  BlobController,
  CollectionController,
  DeletionController,
  ManifestController,
  MetadataModule,
  metadataMetrics,
  metadataSettings,
  migrateRegistry,
  RuleController,
  ScopeController,
  SnapshotController,
  StorageController,
  UploadController,
} from '@lading/metadata';
import {
  createFront,
  createLogger,
  type HttpListener,
  IpNetworks,
  type Logger,
  metricsListener,
  processMetrics,
  type Secret,
} from '@lading/platform';
import { createUiApiApp } from '@lading/ui-api';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { StandaloneConfig } from './config.js';

export interface StartedServices {
  /** Not listening yet. */
  readonly server: Server;
  readonly auth: AuthApp;
  /** Ends answers that have no end of their own, before requests in flight are waited for. */
  readonly endStreams: () => void;
  /** How to end them once no request is in flight, in this order. */
  readonly ends: readonly { readonly name: string; readonly run: () => Promise<void> }[];
}

export interface ServiceParts {
  readonly config: StandaloneConfig;
  /** Of the bytes; ended with the services. */
  readonly store: BlobStore;
  readonly address: DatabaseAddress;
  readonly keySecret: Secret;
  readonly admin: AuthAppOptions['admin'];
}

const QUIET = { logger: false, abortOnError: false } as const;

/**
 * Every service in this process, each its own Nest application with its own connections; they call each other through
 * the ports that gRPC serves in the other shape. Names the adapters of the standalone shape.
 */
export async function startServices(parts: ServiceParts): Promise<StartedServices> {
  const { config, store, address } = parts;
  const { publicUrl, trustedProxies } = config.http;
  const { redirect, redirectTtl: redirectTtlMs } = config.blobs;
  await migrateRegistry(address);
  const metadata = await startMetadata(parts);
  const auth = await startAuth(parts, metadata);
  const distribution = await createDistributionApp({
    uploads: metadata.get(UploadController),
    blobs: metadata.get(BlobController),
    manifests: metadata.get(ManifestController),
    auth: auth.authPort,
    store,
    logger: loggerOf('distribution', config),
    settings: { ...config.distribution, redirect, redirectTtlMs, publicUrl, trustedProxies },
  });
  const gc = await startGc(parts, metadata, store);
  const uiApi = await createUiApiApp({
    database: address,
    auth: auth.authPort,
    registry: {
      scopes: metadata.get(ScopeController),
      manifests: metadata.get(ManifestController),
      rules: metadata.get(RuleController),
      deletions: metadata.get(DeletionController),
      snapshots: metadata.get(SnapshotController),
      storage: metadata.get(StorageController),
    },
    collector: gc.collector,
    endpoints: config.notifications.endpoints ?? [],
    logger: loggerOf('ui-api', config),
    trustedProxies,
  });
  const server = createFront([
    { prefixes: ['/v2'], listener: distribution.listener },
    {
      prefixes: ['/token', '/jwt/auth', '/jwks', '/livez', '/readyz'],
      listener: await listenerOf(auth.app),
      smallBodies: true,
    },
    { prefixes: ['/api/v4'], listener: uiApi.listener, smallBodies: true },
    { prefixes: ['/metrics'], listener: metricsOf(parts, metadata, gc.app), smallBodies: true },
  ]);
  const ends = [
    { name: 'ui-api', run: uiApi.close },
    { name: 'distribution', run: () => distribution.app.close() },
    { name: 'gc', run: gc.close },
    { name: 'store', run: () => store.close() },
    { name: 'auth', run: () => auth.close() },
    { name: 'metadata', run: () => metadata.close() },
  ];
  return { server, auth, endStreams: uiApi.endStreams, ends };
}

/** Each service names itself in its lines. */
function loggerOf(service: string, { operation }: StandaloneConfig): Logger {
  return createLogger({ service, level: operation.logLevel });
}

function startMetadata({ config, address }: ServiceParts): Promise<INestApplicationContext> {
  const module = MetadataModule.forRoot(address, metadataSettings(config), loggerOf('metadata', config));
  return NestFactory.createApplicationContext(module, QUIET);
}

function startAuth(parts: ServiceParts, metadata: INestApplicationContext): Promise<AuthApp> {
  const { config, address, keySecret, admin } = parts;
  return createAuthApp({
    database: address,
    keySecret,
    scopes: metadata.get(ScopeController),
    logger: loggerOf('auth', config),
    admin,
    tokenTtlMs: config.auth.tokenTtl,
    refreshTokens: config.auth.refreshTokens,
    trustedProxies: config.http.trustedProxies,
  });
}

async function startGc({ config, address }: ServiceParts, metadata: INestApplicationContext, store: BlobStore) {
  await migrateGc(address);
  const logger = loggerOf('gc', config);
  const pool = openPool(address);
  const app = await createGcApp({
    collection: metadata.get(CollectionController),
    store,
    pool,
    clocks: clocksOf(config),
    logger,
    consumer: openConsumer(pool, logger),
    intervalMs: config.gc.interval,
    reconcileMs: config.gc.reconcile,
  });
  await app.listen();
  const close = async () => {
    await app.close();
    await pool.end();
  };
  return { app, collector: app.get(CollectorController), close };
}

/** Of all services in one answer. */
function metricsOf({ config }: ServiceParts, metadata: INestApplicationContext, gc: GcApp): HttpListener {
  const metrics = [
    processMetrics(loggerOf('lading', config)),
    metadataMetrics(metadata, loggerOf('metadata', config)),
    gcMetrics(gc, loggerOf('gc', config)),
  ];
  const trustedProxies = new IpNetworks(config.http.trustedProxies);
  return metricsListener(metrics, { token: config.operation.metricsToken, trustedProxies });
}

async function listenerOf(app: NestFastifyApplication): Promise<HttpListener> {
  await app.init();
  const fastify = app.getHttpAdapter().getInstance();
  await fastify.ready();
  return (req, res) => fastify.routing(req, res);
}
