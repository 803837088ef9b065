import type { HttpListener } from '@lading/platform';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributionModule } from './app.module.js';
import type { DistributionParts } from './compose-handler.js';
import { V2Handler } from './v2/v2-handler.js';

/** The `distribution` service, and what answers `/v2/`. */
export interface DistributionApp {
  readonly app: INestApplicationContext;
  readonly listener: HttpListener;
}

/**
 * Nothing stands between the socket and the handler of `/v2/`: no router, body parser, guard or serialiser of a framework.
 * They refuse what the protocol allows (any `Content-Type`, any path) with answers of their own.
 */
export async function createDistributionApp(parts: DistributionParts): Promise<DistributionApp> {
  const module = DistributionModule.forRoot(parts);
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const handler = app.get(V2Handler);
  return { app, listener: (req, res) => void handler.handle(req, res) };
}
