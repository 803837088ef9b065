import { type EventConsumer, EventStrategy, REGISTRY_TOPIC } from '@lading/events';
import { CollectorServiceService } from '@lading/proto';
import { grpcServerOptions, RpcFaultLog } from '@lading/rpc';
import { type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GcModule, type GcParts } from './app.module.js';
import { CollectorController } from './collector/collector.controller.js';
import { Operations } from './collector/operations.js';

const QUIET = { logger: false, abortOnError: false } as const;

/** The service; it consumes events, and is called through `createGcCalls` or the controllers it holds. */
export type GcApp = INestMicroservice;

/** `gc` with the events that it consumes. The caller listens, closes it, and ends the parts it gave. */
export function createGcApp(parts: GcParts & { consumer: EventConsumer }): Promise<GcApp> {
  const strategy = new EventStrategy(parts.consumer, [REGISTRY_TOPIC], parts.logger);
  return NestFactory.createMicroservice(GcModule.forRoot(parts, strategy), { strategy, ...QUIET });
}

@Module({})
class CallsModule {}

/** The calls of `app` over gRPC at `address` (`host:port`). The caller listens, and closes it before the app. */
export function createGcCalls(app: GcApp, address: string): Promise<INestMicroservice> {
  const providers = [Operations, RpcFaultLog].map((token) => ({ provide: token, useValue: app.get(token) }));
  const module = { module: CallsModule, controllers: [CollectorController], providers };
  return NestFactory.createMicroservice(module, { ...grpcServerOptions(address, [CollectorServiceService]), ...QUIET });
}
