import type { Logger } from '@lading/platform';
import { uuidV7 } from '@lading/platform';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Bytes of a request's body: a form with a hundred scopes. */
const BODY_LIMIT = 64 * 1024;

export interface FastifyOptions {
  readonly logger: Logger;
  /** Addresses and networks whose `X-Forwarded-For` names the client. */
  readonly trustedProxies: readonly string[];
}

/** Forms arrive as URLSearchParams, every other body as undefined; one log line per request. */
export function createFastify({ logger, trustedProxies }: FastifyOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: BODY_LIMIT,
    genReqId: () => uuidV7(),
    requestTimeout: 30_000,
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    done(null, type === 'application/x-www-form-urlencoded' ? new URLSearchParams(String(body)) : undefined);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, id: requestId, ip: address } = request;
    const route = request.routeOptions.url ?? 'none';
    logger.info(
      { requestId, method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime), address },
      'request',
    );
    done();
  });
  return adapter;
}
