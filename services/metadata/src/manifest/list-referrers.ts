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
  more: boolean;
}

/**
 * Live manifests of this repository whose subject is a digest, oldest first, whether or not the subject is there
 * (T11). A repository that is not there has none. The page is cut before annotations are read: they may be megabytes each.
 */
export async function listReferrers(
  pools: RegistryPools,
  request: ListReferrersRequest,
): Promise<ListReferrersResponse> {
  const { repository } = await locateRepository(pools.read, request.scope as Scope);
  if (!repository) return { referrers: [], more: false };
  const page = await pools.read.query<Row>({
    name: 'list-referrers',
    text: `SELECT m.id, m.digest, m.media_type, m.size, m.artifact_type, m.annotations, page.more
           FROM (SELECT id, row_number() OVER w AS n, sum(annotations_size) OVER w AS bytes, count(*) OVER () AS found
                 FROM (SELECT id, annotations_size FROM registry.manifest
                       WHERE repository_id = $1 AND subject = $2 AND id > $3 AND deleted_at IS NULL
                         AND ($4::text[] IS NULL OR artifact_type = ANY($4))
                       ORDER BY id LIMIT ${MOST_REFERRERS + 1}) AS candidates
                 WINDOW w AS (ORDER BY id)) AS sized
           CROSS JOIN LATERAL (SELECT sized.found > sized.n AS more) AS page
           JOIN registry.manifest m ON m.id = sized.id
           WHERE sized.n = 1 OR (sized.n <= ${MOST_REFERRERS} AND sized.bytes <= ${MOST_ANNOTATION_BYTES})
           ORDER BY m.id`,
    values: [
      repository.id,
      toBytes(request.subject),
      request.afterId,
      request.artifactTypes.length > 0 ? request.artifactTypes : null,
    ],
  });
  return { referrers: page.rows.map(toReferrer), more: page.rows.at(-1)?.more ?? false };
}

function toReferrer(row: Row): Referrer {
  return {
    manifest: { manifestId: row.id, digest: fromBytes(row.digest), mediaType: row.media_type, size: row.size },
    artifactType: row.artifact_type ?? undefined,
    annotations: row.annotations ?? {},
  };
}
