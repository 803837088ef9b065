import { type EventConsumer, EventStrategy, REGISTRY_TOPIC } from '@lading/events';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GcModule, type GcParts } from './app.module.js';

/** `gc` with the events that it consumes. The caller listens, closes it, and ends the parts it gave. */
export function createGcApp(parts: GcParts & { consumer: EventConsumer }): Promise<INestMicroservice> {
  const strategy = new EventStrategy(parts.consumer, [REGISTRY_TOPIC], parts.logger);
  return NestFactory.createMicroservice(GcModule.forRoot(parts), { strategy, logger: false, abortOnError: false });
}
