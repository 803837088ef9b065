import type { Pool } from 'pg';

/** The connections of `metadata`, by what a commit on them promises and how statements are planned. */
export abstract class RegistryPools {
  /** Acknowledged changes: a commit is on disk before the answer. */
  abstract readonly write: Pool;
  /**
   * Intents and claims of upload sessions (`synchronous_commit = off`): a crash of the database may lose the last
   * of them, which costs a client a retry and leaves at most bytes that reconciliation finds.
   */
  abstract readonly soft: Pool;
  /** Look-ups, with plans that do not change with the number of rows (nested loops over indexes). */
  abstract readonly read: Pool;
}
