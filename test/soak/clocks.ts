/** The clocks of a registry under test: seconds in place of days, milliseconds. */
export interface Clocks {
  interval: number;
  lease: number;
  delay: number;
  untagged: number;
  hold: number;
  window: number;
  uploads: number;
}

export function settingsOf(clocks: Clocks): Record<string, string> {
  return {
    LADING_GC_INTERVAL: `${clocks.interval}ms`,
    LADING_GC_LEASE: `${clocks.lease}ms`,
    LADING_GC_DELAY: `${clocks.delay}ms`,
    LADING_UNTAGGED_DELAY: `${clocks.untagged}ms`,
    LADING_GC_HOLD: `${clocks.hold}ms`,
    LADING_RESTORE_WINDOW: `${clocks.window}ms`,
    LADING_UPLOAD_TTL: `${clocks.uploads}ms`,
    LADING_RECONCILE_INTERVAL: '5s',
  };
}
