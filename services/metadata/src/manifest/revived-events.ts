import type { RegistryEvent } from '@lading/events';
import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import type { Change } from '../outbox/change-of.js';

interface Revived {
  id: number;
  digest: Buffer;
  media_type: string;
  size: number;
  subject: Buffer | null;
  artifact_type: string | null;
}

interface Edge {
  manifest_id: number;
  digest: Buffer;
  object_id: string | null;
  child_id: number | null;
}

type Pushed = Extract<RegistryEvent, { type: 'dev.lading.manifest.pushed.v1' }>;

/** What every event of the push that brought them back carries. */
interface Base extends Change {
  operation: string;
}

/**
 * `manifest.pushed` for manifests that the collector had hidden and another push brought back (T5): whoever follows the
 * events heard that they were deleted. Children come before the manifests that name them, because they were made before.
 */
export async function revivedEvents(client: PoolClient, base: Base, ids: readonly number[]): Promise<Pushed[]> {
  if (ids.length === 0) return [];
  const manifests = await client.query<Revived>({
    name: 'revived-manifests',
    text: `SELECT id, digest, media_type, size, subject, artifact_type FROM registry.manifest
           WHERE id = ANY($1::bigint[]) ORDER BY id`,
    values: [ids],
  });
  const edges = await client.query<Edge>({
    name: 'edges-of-revived',
    text: `SELECT manifest_id, digest, object_id, child_id FROM registry.manifest_edge
           WHERE manifest_id = ANY($1::bigint[]) ORDER BY manifest_id, digest`,
    values: [ids],
  });
  return manifests.rows.map((row) =>
    eventOf(
      base,
      row,
      edges.rows.filter((edge) => edge.manifest_id === row.id),
    ),
  );
}

function eventOf(base: Base, row: Revived, edges: readonly Edge[]): Pushed {
  const digest: string = fromBytes(row.digest);
  const data = {
    ...base,
    digest,
    manifestId: row.id,
    mediaType: row.media_type,
    size: row.size,
    subject: row.subject ? (fromBytes(row.subject) as string) : undefined,
    artifactType: row.artifact_type ?? undefined,
    revived: true,
    edges: edges.map((edge) => ({
      digest: fromBytes(edge.digest) as string,
      objectId: edge.object_id ?? undefined,
      manifestId: edge.child_id ?? undefined,
    })),
  };
  return { type: 'dev.lading.manifest.pushed.v1', subject: `${base.path}@${digest}`, data };
}
