/** What `metadata` needs to know; durations in milliseconds. */
export abstract class MetadataSettings {
  /** How long an unreferenced blob is kept for its client (`LADING_GC_LEASE`). */
  abstract readonly leaseMs: number;
  /** How long a session may be silent (`LADING_UPLOAD_TTL`). */
  abstract readonly uploadTtlMs: number;
  /** Sessions that one project may have open (`LADING_OPEN_UPLOADS`). */
  abstract readonly openUploads: number;
  /** Most components below the project, 0 for any (`LADING_NAME_LEVELS`). */
  abstract readonly nameLevels: number;
}
