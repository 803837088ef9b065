import type { Server } from 'node:http';
import { createFront } from '../http-front.js';
import { SAFE_HEADERS } from '../safe-headers.js';
import type { Metrics } from './metrics.js';
import { type MetricsAccess, metricsListener } from './metrics-listener.js';

/** The HTTP side of a service whose work comes by gRPC or from events: `/livez` and `/metrics`. */
export function operationFront(metrics: readonly Metrics[], access: MetricsAccess): Server {
  const body = JSON.stringify({ status: 'ok' });
  return createFront([
    { prefixes: ['/metrics'], listener: metricsListener(metrics, access), smallBodies: true },
    {
      prefixes: ['/livez'],
      listener: (_req, res) => res.writeHead(200, { ...SAFE_HEADERS, 'Content-Type': 'application/json' }).end(body),
      smallBodies: true,
    },
  ]);
}
