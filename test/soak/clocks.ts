/** The clocks of the registry under soak: seconds in place of days, milliseconds. */
export const CLOCKS = { interval: 200, lease: 8_000, delay: 2_000, untagged: 3_000, hold: 500, window: 3_000 };

export const SETTINGS: Record<string, string> = {
  LADING_GC_INTERVAL: `${CLOCKS.interval}ms`,
  LADING_GC_LEASE: `${CLOCKS.lease}ms`,
  LADING_GC_DELAY: `${CLOCKS.delay}ms`,
  LADING_UNTAGGED_DELAY: `${CLOCKS.untagged}ms`,
  LADING_GC_HOLD: `${CLOCKS.hold}ms`,
  LADING_RESTORE_WINDOW: `${CLOCKS.window}ms`,
  LADING_UPLOAD_TTL: '5s',
  LADING_RECONCILE_INTERVAL: '5s',
};
