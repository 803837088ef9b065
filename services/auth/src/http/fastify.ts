import { type Logger, SAFE_HEADERS, uuidV7 } from '@lading/platform';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { badRequest } from '../token/token-refused.js';
import { refuseMethods } from './refuse-methods.js';

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
    frameworkErrors: refuseAddress,
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    done(null, type === 'application/x-www-form-urlencoded' ? new URLSearchParams(String(body)) : undefined);
  });
  fastify.addHook('onRequest', async (_request, reply) => {
    void reply.headers(SAFE_HEADERS);
  });
  refuseMethods(fastify);
  closeAfterDrain(fastify);
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

/** The answer to an address that cannot be decoded, which reaches no hook and no filter. */
function refuseAddress(_error: Error, _request: unknown, reply: FastifyReply): void {
  const { status, body } = badRequest('the address is not well formed');
  const headers = { ...SAFE_HEADERS, 'Cache-Control': 'no-store' };
  void reply.headers(headers).status(status).send(body);
}

/** A connection whose request was in flight when the service began to stop would be kept alive, and hold up the stop. */
function closeAfterDrain(fastify: FastifyInstance): void {
  let stopping = false;
  fastify.addHook('preClose', async () => {
    stopping = true;
  });
  fastify.addHook('onSend', async (_request, reply) => {
    if (stopping) void reply.header('Connection', 'close');
  });
}
