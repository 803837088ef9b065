import type { ListReferrersRequest, ListReferrersResponse, Referrer, Scope } from '@lading/proto';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { locateRepository } from '../scope/locate-repository.js';

/** Most referrers of one page. Their annotations bound it too, see `MOST_ANNOTATION_BYTES`. */
const MOST_REFERRERS = 1_000;

/** Annotations in one page; with the descriptors around them an answer stays below 4 MiB (REF-09). */
const MOST_ANNOTATION_BYTES = 3 * 1024 * 1024;

interface Row {
  id: number;
  digest: Buffer;
  media_type: string;
  size: number;
  artifact_type: string | null;
  annotations: Record<string, string> | null;
}

/**
 * Live manifests of this repository whose subject is a digest, oldest first, whether or not the subject is there
 * (T11). A repository that is not there has none.
 */
export async function listReferrers(
  pools: RegistryPools,
  request: ListReferrersRequest,
): Promise<ListReferrersResponse> {
  const { repository } = await locateRepository(pools.read, request.scope as Scope);
  if (!repository) return { referrers: [], more: false };
  const page = await pools.read.query<Row>({
    name: 'list-referrers',
    text: `SELECT id, digest, media_type, size, artifact_type, annotations FROM registry.manifest
           WHERE repository_id = $1 AND subject = $2 AND id > $3 AND deleted_at IS NULL
             AND ($4::text[] IS NULL OR artifact_type = ANY($4))
           ORDER BY id LIMIT ${MOST_REFERRERS + 1}`,
    values: [
      repository.id,
      toBytes(request.subject),
      request.afterId,
      request.artifactTypes.length > 0 ? request.artifactTypes : null,
    ],
  });
  const fitting = withinBytes(page.rows.slice(0, MOST_REFERRERS));
  return { referrers: fitting.map(toReferrer), more: page.rows.length > fitting.length };
}

/** As many rows as fit, and always the first. */
function withinBytes(rows: readonly Row[]): Row[] {
  let left = MOST_ANNOTATION_BYTES;
  const end = rows.findIndex((row, n) => {
    left -= row.annotations ? JSON.stringify(row.annotations).length : 0;
    return left < 0 && n > 0;
  });
  return end === -1 ? [...rows] : rows.slice(0, end);
}

function toReferrer(row: Row): Referrer {
  return {
    manifest: { manifestId: row.id, digest: fromBytes(row.digest), mediaType: row.media_type, size: row.size },
    artifactType: row.artifact_type ?? undefined,
    annotations: row.annotations ?? {},
  };
}
