import type { GcConfig } from '../config.js';

/** How long each thing is kept, in milliseconds; settings of the registry that `metadata` holds to as well. */
export abstract class Clocks {
  /** `LADING_GC_LEASE` */
  abstract readonly leaseMs: number;
  /** `LADING_GC_DELAY` */
  abstract readonly delayMs: number;
  /** `LADING_UNTAGGED_DELAY`; Infinity: untagged manifests stay. */
  abstract readonly untaggedDelayMs: number;
  /** `LADING_RESTORE_WINDOW` */
  abstract readonly restoreWindowMs: number;
}

/** From the configuration, of this service or of the process that it runs in. */
export function clocksOf({ gc }: Pick<GcConfig, 'gc'>): Clocks {
  return {
    leaseMs: gc.lease,
    delayMs: gc.delay,
    untaggedDelayMs: gc.untaggedDelay ?? gc.delay,
    restoreWindowMs: gc.restoreWindow,
  };
}
