import { clientOf, type IpNetworks, type Logger, SAFE_HEADERS, uuidV7 } from '@lading/platform';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { badRequest } from '../token/token-refused.js';
import { letFormsCome } from './let-forms-come.js';
import { refuseMethods } from './refuse-methods.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's address, as trusted proxies tell it. */
    clientAddress: string;
  }
}

/** Bytes of a request's body: a form with a hundred scopes. */
const BODY_LIMIT = 64 * 1024;

export interface FastifyOptions {
  readonly logger: Logger;
  /** The proxies whose headers tell the client's address. */
  readonly trustedProxies: IpNetworks;
}

/** Forms arrive as URLSearchParams, every other body as undefined; one log line per request. */
export function createFastify({ logger, trustedProxies }: FastifyOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    genReqId: () => uuidV7(),
    frameworkErrors: refuseAddress,
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    done(null, type === 'application/x-www-form-urlencoded' ? new URLSearchParams(String(body)) : undefined);
  });
  fastify.decorateRequest('clientAddress', '');
  fastify.addHook('onRequest', async (request, reply) => {
    request.clientAddress = clientOf(request.raw, trustedProxies).address;
    void reply.headers(SAFE_HEADERS);
  });
  refuseMethods(fastify);
  letFormsCome(fastify, BODY_LIMIT);
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, id: requestId, clientAddress: address } = request;
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
