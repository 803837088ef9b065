import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-error.js';

/** What each path answers, as `Allow` says it. */
const ALLOWED = new Map([
  ['/api/v4/events', 'GET'],
  ['/api/v4/events/snapshot', 'GET'],
  ['/api/v4/events/dead-letters', 'GET'],
  ['/api/v4/gc/status', 'GET'],
  ['/api/v4/gc/candidates', 'GET'],
  ['/api/v4/gc/plan', 'GET'],
  ['/api/v4/storage', 'GET'],
  ['/api/v4/gc/run', 'POST'],
  ['/api/v4/gc/pause', 'POST'],
  ['/api/v4/gc/resume', 'POST'],
  ['/api/v4/gc/confirm', 'POST'],
  ['/api/v4/gc/pace', 'PUT'],
  ['/api/v4/gc/reconcile', 'POST'],
  ['/api/v4/deleted', 'GET'],
  ['/api/v4/undelete', 'POST'],
  ['/api/v4/purge', 'POST'],
  ['/api/v4/notifications', 'GET'],
  ['/livez', 'GET'],
  ['/readyz', 'GET'],
]);

/** Answers 405 to a method that the path does not have, without reading the body. */
export function refuseMethods(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ method, url }) => {
    const [path = ''] = url.split('?', 1);
    const allowed = ALLOWED.get(path);
    if (allowed === undefined || allowed.split(', ').includes(method)) return;
    throw new ApiError(405, `${method} is not a method of this address`, { Allow: allowed });
  });
}
