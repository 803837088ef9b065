import type { MetadataConfig } from './config.js';

/** What `metadata` needs to know; durations in milliseconds. */
export abstract class MetadataSettings {
  /** How long an unreferenced blob is kept for its client (`LADING_GC_LEASE`). */
  abstract readonly leaseMs: number;
  /** How long a blob stays after what named it was deleted; the collector's, for plans (`LADING_GC_DELAY`). */
  abstract readonly delayMs: number;
  /** How long an untagged manifest stays, Infinity for ever (`LADING_UNTAGGED_DELAY`). */
  abstract readonly untaggedDelayMs: number;
  /** How long a condemned object can be brought back (`LADING_GC_HOLD`). */
  abstract readonly holdMs: number;
  /** How long what was deleted can be restored (`LADING_RESTORE_WINDOW`). */
  abstract readonly restoreWindowMs: number;
  /** How long an event is kept in the log (`LADING_EVENT_RETENTION`). */
  abstract readonly eventRetentionMs: number;
  /** How long a session may be silent (`LADING_UPLOAD_TTL`). */
  abstract readonly uploadTtlMs: number;
  /** Sessions that one project may have open (`LADING_OPEN_UPLOADS`). */
  abstract readonly openUploads: number;
  /** Most components below the project, 0 for any (`LADING_NAME_LEVELS`). */
  abstract readonly nameLevels: number;
}

/** Settings from the configuration, of this service or of the process that it runs in. */
export function metadataSettings({ gc, distribution }: Pick<MetadataConfig, 'gc' | 'distribution'>): MetadataSettings {
  return {
    leaseMs: gc.lease,
    delayMs: gc.delay,
    untaggedDelayMs: gc.untaggedDelay ?? gc.delay,
    holdMs: gc.hold,
    restoreWindowMs: gc.restoreWindow,
    eventRetentionMs: gc.eventRetention,
    uploadTtlMs: gc.uploadTtl,
    openUploads: gc.openUploads,
    nameLevels: distribution.nameLevels,
  };
}
