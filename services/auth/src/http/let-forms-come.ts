import type { FastifyInstance } from 'fastify';

/**
 * Sends 100 to a client that waits for it, once the method is known to be there and the body to be no longer than is read
 * (HTTP-21): who is refused anyway shall not send it.
 *
 * @param mostBytes what the parser reads; a longer body is its to refuse
 */
export function letFormsCome(fastify: FastifyInstance, mostBytes: number): void {
  fastify.addHook('preParsing', async ({ headers }, reply) => {
    if (headers.expect?.toLowerCase() !== '100-continue') return;
    if (Number(headers['content-length'] ?? 0) <= mostBytes) reply.raw.writeContinue();
  });
}
