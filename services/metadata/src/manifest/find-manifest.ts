import type { Manifest, Scope } from '@lading/proto';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import { LookupBatcher } from '../database/lookup-batcher.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { bindScope } from '../scope/bind-scope.js';
import { below } from '../scope/name-parts.js';
import { staleGrant } from '../scope/stale-grant.js';

interface Lookup {
  projectId: number;
  path: string;
  tag: string | null;
  digest: Buffer | null;
}

interface Row {
  n: number;
  project_id: number | null;
  repository_id: number | null;
  manifest_id: number | null;
  digest: Buffer;
  media_type: string;
  size: number;
}

/**
 * Answers whether a repository has a tag or a manifest: the question that every pull asks, once. From the grant's
 * project to the digest in one prepared statement, shared by the look-ups of one turn of the event loop.
 */
export class FindManifest {
  private readonly byTag: LookupBatcher<Lookup, Row>;
  private readonly byDigest: LookupBatcher<Lookup, Row>;

  constructor(private readonly pools: RegistryPools) {
    this.byTag = new LookupBatcher((batch) => this.runByTag(batch));
    this.byDigest = new LookupBatcher((batch) => this.runByDigest(batch));
  }

  /** @throws Unauthorized when the grant belongs to another project (T9). */
  async execute(scope: Scope, reference: { tag?: string; digest?: string }): Promise<Manifest | undefined> {
    const bound = scope.projectId === undefined ? await bindScope(this.pools.read, scope) : scope;
    if (bound?.projectId === undefined) return undefined;
    const path = below(bound.name, bound.projectLevel);
    const where = { projectId: bound.projectId, path };
    const row =
      reference.digest === undefined
        ? await this.byTag.find({ ...where, tag: reference.tag ?? '', digest: null })
        : await this.byDigest.find({ ...where, tag: null, digest: toBytes(reference.digest) });
    if (!row || row.project_id === null) throw staleGrant();
    if (row.manifest_id === null) return undefined;
    return {
      manifestId: row.manifest_id,
      digest: fromBytes(row.digest),
      mediaType: row.media_type,
      size: row.size,
      repositoryId: row.repository_id ?? undefined,
    };
  }

  private async runByTag(batch: readonly Lookup[]): Promise<Row[]> {
    const found = await this.pools.read.query<Row>({
      name: 'find-manifests-by-tag',
      text: `SELECT q.n::int AS n, p.id AS project_id, r.id AS repository_id, m.id AS manifest_id, m.digest, m.media_type, m.size
             FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS q(project_id, path, tag, n)
             LEFT JOIN registry.project p ON p.id = q.project_id AND p.deleted_at IS NULL
             LEFT JOIN registry.repository r ON r.project_id = p.id AND r.path = q.path AND r.deleted_at IS NULL
             LEFT JOIN registry.tag t ON t.repository_id = r.id AND t.name = q.tag
             LEFT JOIN registry.manifest m ON m.id = t.manifest_id AND m.deleted_at IS NULL`,
      values: [batch.map((q) => q.projectId), batch.map((q) => q.path), batch.map((q) => q.tag)],
    });
    return found.rows;
  }

  private async runByDigest(batch: readonly Lookup[]): Promise<Row[]> {
    const found = await this.pools.read.query<Row>({
      name: 'find-manifests-by-digest',
      text: `SELECT q.n::int AS n, p.id AS project_id, r.id AS repository_id, m.id AS manifest_id, m.digest, m.media_type, m.size
             FROM unnest($1::bigint[], $2::text[], $3::bytea[]) WITH ORDINALITY AS q(project_id, path, digest, n)
             LEFT JOIN registry.project p ON p.id = q.project_id AND p.deleted_at IS NULL
             LEFT JOIN registry.repository r ON r.project_id = p.id AND r.path = q.path AND r.deleted_at IS NULL
             LEFT JOIN registry.manifest m ON m.repository_id = r.id AND m.digest = q.digest AND m.deleted_at IS NULL`,
      values: [batch.map((q) => q.projectId), batch.map((q) => q.path), batch.map((q) => q.digest)],
    });
    return found.rows;
  }
}
