import { statement } from '@lading/database';
import type { Pool } from 'pg';

/** The cardinality of the sets of references, for people. */
export class BlobReferences {
  constructor(private readonly pool: Pool) {}

  /** How many manifests name an object, as events told. Reads the references to it. */
  async count(objectId: string): Promise<{ live: number; deleted: number }> {
    const { rows } = await this.pool.query<{ live: number; deleted: number }>(
      statement(
        `SELECT count(*) FILTER (WHERE m.deleted_at IS NULL) AS live,
                count(*) FILTER (WHERE m.deleted_at IS NOT NULL) AS deleted
         FROM gc.reference r JOIN gc.manifest m ON m.id = r.manifest_id WHERE r.object_id = $1::uuid`,
        [objectId],
      ),
    );
    return rows[0] as { live: number; deleted: number };
  }
}
