export { clocksOf } from './candidate/clocks.js';
export { CollectorController } from './collector/collector.controller.js';
export { Control } from './control/control.js';
export { createGcApp, createGcCalls, type GcApp } from './create-gc-app.js';
export { gcMetrics } from './metrics/gc-figures.js';
export { migrateGc } from './migrate.js';
export { openConsumer } from './open-consumer.js';
export { openPool } from './open-pool.js';
