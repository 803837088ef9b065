import type { FastifyInstance } from 'fastify';
import { badMethod } from '../token/token-refused.js';

const READ = 'GET, HEAD';

/** What each path answers, as `Allow` says it. */
const ALLOWED = new Map([
  ['/token', `${READ}, POST`],
  ['/jwt/auth', `${READ}, POST`],
  ['/jwks', READ],
  ['/livez', READ],
  ['/readyz', READ],
]);

/**
 * Answers 405 to a method that the path does not have, without reading the body: containerd and BuildKit go on with the
 * other dialect then (TOK-22), which they do not after a 5xx.
 */
export function refuseMethods(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ method, url }, reply) => {
    const [path = ''] = url.split('?', 1);
    const allowed = ALLOWED.get(path);
    if (allowed === undefined || allowed.split(', ').includes(method)) return;
    void reply.header('Allow', allowed);
    throw badMethod(method);
  });
}
