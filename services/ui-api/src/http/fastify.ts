import { clientOf, type IpNetworks, type Logger, SAFE_HEADERS, uuidV7 } from '@lading/platform';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { messageOf } from './api-error.js';
import { refuseMethods } from './refuse-methods.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's address, as trusted proxies tell it. */
    clientAddress: string;
  }
}

export interface FastifyOptions {
  readonly logger: Logger;
  /** The proxies whose headers tell the client's address. */
  readonly trustedProxies: IpNetworks;
}

/** One log line per request, when its answer has ended. */
export function createFastify({ logger, trustedProxies }: FastifyOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    genReqId: () => uuidV7(),
    frameworkErrors: refuseAddress,
    exposeHeadRoutes: false,
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _body, done) => done(null));
  fastify.decorateRequest('clientAddress', '');
  fastify.addHook('onRequest', async (request, reply) => {
    request.clientAddress = clientOf(request.raw, trustedProxies).address;
    void reply.headers({ ...SAFE_HEADERS, 'X-Request-Id': request.id });
  });
  refuseMethods(fastify);
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, id: requestId, clientAddress: address } = request;
    const route = request.routeOptions.url ?? 'none';
    const ms = Math.round(reply.elapsedTime);
    logger.info({ requestId, method, route, status: reply.raw.statusCode, ms, address }, 'request');
    done();
  });
  return adapter;
}

/** The answer to an address that cannot be decoded, which reaches no hook and no filter. */
function refuseAddress(_error: Error, _request: unknown, reply: FastifyReply): void {
  const headers = { ...SAFE_HEADERS, 'Cache-Control': 'no-store' };
  void reply
    .headers(headers)
    .status(400)
    .send({ message: messageOf(400, 'the address is not well formed') });
}
