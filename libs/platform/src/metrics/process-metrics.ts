import { collectDefaultMetrics } from 'prom-client';
import type { Logger } from '../logger.js';
import { Metrics } from './metrics.js';

/** Memory, CPU, event loop and open files of this process. */
export function processMetrics(logger: Logger): Metrics {
  const metrics = new Metrics(logger);
  collectDefaultMetrics({ register: metrics.registry });
  return metrics;
}
