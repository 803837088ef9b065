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

/** Bytes of a body. */
const MOST_JSON = 64 * 1_024;

/** One log line per request, when its answer has ended. */
export function createFastify({ logger, trustedProxies }: FastifyOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    genReqId: () => uuidV7(),
    frameworkErrors: refuseAddress,
    exposeHeadRoutes: false,
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: MOST_JSON }, readJson);
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

/** A body that is no JSON is as good as none: what reads it says what it wants. */
function readJson(_request: unknown, body: string | Buffer, done: (error: null, value?: unknown) => void): void {
  try {
    done(null, JSON.parse(body.toString()));
  } catch {
    done(null);
  }
}

/** The answer to an address that cannot be decoded, which reaches no hook and no filter. */
function refuseAddress(_error: Error, _request: unknown, reply: FastifyReply): void {
  const headers = { ...SAFE_HEADERS, 'Cache-Control': 'no-store' };
  void reply
    .headers(headers)
    .status(400)
    .send({ message: messageOf(400, 'the address is not well formed') });
}
