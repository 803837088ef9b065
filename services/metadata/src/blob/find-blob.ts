import type { Blob, Scope } from '@lading/proto';
import { toBytes } from '../database/digest-bytes.js';
import { LookupBatcher } from '../database/lookup-batcher.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { bindScope } from '../scope/bind-scope.js';
import { below } from '../scope/name-parts.js';
import { staleGrant } from '../scope/stale-grant.js';

/** A blob that a repository shows, with what decides whether a lease is due. */
export interface VisibleBlob extends Blob {
  repositoryId: number;
  condemned: boolean;
  damaged: boolean;
  leaseLeftMs: number;
}

interface Lookup {
  projectId: number;
  path: string;
  digest: Buffer;
}

interface Row {
  n: number;
  project_id: number | null;
  repository_id: number;
  object_id: string | null;
  size: number;
  state: string;
  damaged: boolean | null;
  lease_left_ms: number;
}

/**
 * Answers whether a repository shows a blob. Visibility is per repository: only its own, unhidden link counts, and a
 * digest whose object is past the point of no return counts as absent. Look-ups of one turn of the event loop share a
 * statement.
 */
export class FindBlob {
  private readonly lookups: LookupBatcher<Lookup, Row>;

  constructor(private readonly pools: RegistryPools) {
    this.lookups = new LookupBatcher((batch) => this.run(batch));
  }

  /** @throws Unauthorized when the grant belongs to another project (T9). */
  async execute(scope: Scope, digest: string): Promise<VisibleBlob | undefined> {
    const bound = scope.projectId === undefined ? await bindScope(this.pools.read, scope) : scope;
    if (bound?.projectId === undefined) return undefined;
    const path = below(bound.name, bound.projectLevel);
    const row = await this.lookups.find({ projectId: bound.projectId, path, digest: toBytes(digest) });
    if (!row || row.project_id === null) throw staleGrant();
    if (row.object_id === null) return undefined;
    return {
      objectId: row.object_id,
      size: row.size,
      repositoryId: row.repository_id,
      condemned: row.state === 'condemned',
      damaged: row.damaged === true,
      leaseLeftMs: row.lease_left_ms,
    };
  }

  private async run(batch: readonly Lookup[]): Promise<Row[]> {
    const found = await this.pools.read.query<Row>({
      name: 'find-blobs',
      text: `SELECT q.n::int AS n, p.id AS project_id, r.id AS repository_id, o.id AS object_id, o.size, o.state,
                    o.damaged_at IS NOT NULL AS damaged,
                    extract(epoch FROM l.lease_until - clock_timestamp())::float8 * 1000 AS lease_left_ms
             FROM unnest($1::bigint[], $2::text[], $3::bytea[]) WITH ORDINALITY AS q(project_id, path, digest, n)
             LEFT JOIN registry.project p ON p.id = q.project_id AND p.deleted_at IS NULL
             LEFT JOIN registry.repository r ON r.project_id = p.id AND r.path = q.path AND r.deleted_at IS NULL
             LEFT JOIN registry.blob_link l ON l.repository_id = r.id AND l.digest = q.digest AND NOT l.hidden
             LEFT JOIN registry.blob_object o ON o.id = l.object_id AND o.state IN ('live', 'condemned')`,
      values: [batch.map((q) => q.projectId), batch.map((q) => q.path), batch.map((q) => q.digest)],
    });
    return found.rows;
  }
}
