import type { IncomingMessage, ServerResponse } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DistributionModule, type DistributionParts } from './app.module.js';
import { V2Handler } from './v2/v2-handler.js';

/** What is used of Fastify's own objects. */
type RawRequest = { raw: IncomingMessage };
type RawReply = { raw: ServerResponse; hijack(): unknown };

/**
 * The `distribution` service as a Nest application. `/v2/` is one raw Fastify route: no body parser, guard, interceptor
 * or serialiser stands between the socket and the handler (DESIGN 9).
 */
export async function createDistributionApp(parts: DistributionParts): Promise<NestFastifyApplication> {
  let handler: V2Handler;
  const toHandler = (request: RawRequest, reply: RawReply): void => {
    reply.hijack();
    void handler.handle(request.raw, reply.raw);
  };
  // A path that Fastify's router cannot decode comes as an error of the framework.
  const adapter = new FastifyAdapter({
    exposeHeadRoutes: false,
    bodyLimit: 1024,
    frameworkErrors: (_error: unknown, request: RawRequest, reply: RawReply) => toHandler(request, reply),
  });
  const app = await NestFactory.create<NestFastifyApplication>(DistributionModule.forRoot(parts), adapter, {
    bodyParser: false,
    logger: false,
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request: unknown, _payload: unknown, done: (error: null) => void) => done(null));
  handler = app.get(V2Handler);
  for (const url of ['/v2', '/v2/*']) fastify.all(url, toHandler);
  return app;
}
