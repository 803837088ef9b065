import type { ListReferrersRequest, ListReferrersResponse, Referrer, Scope } from '@lading/proto';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { locateRepository } from '../scope/locate-repository.js';

/** Most referrers of one page. What bounds it for most is `MOST_BYTES`. */
const MOST_REFERRERS = 10_000;

/**
 * Bytes of one page as JSON, less what stands around the descriptors: clients read 4 MiB and many read no second page
 * (REF-09, REF-10, REF-22).
 */
const MOST_BYTES = 4 * 1024 * 1024 - 1024;

/**
 * A descriptor as JSON, at most: names of fields and size, digest in hex, types, annotations. An artifact type of more
 * than a kilobyte is not read here; six bytes for each of its own is the most that JSON makes of it.
 */
const DESCRIPTOR_BYTES = `96 + 2 * octet_length(digest) + octet_length(media_type) + annotations_size
                          + CASE WHEN octet_length(artifact_type) > 1000 THEN 6 * octet_length(artifact_type)
                                 ELSE coalesce(octet_length(to_json(artifact_type)::text), 0) END`;

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
           FROM (SELECT id, row_number() OVER w AS n, sum(size) OVER w AS bytes, count(*) OVER () AS found
                 FROM (SELECT id, ${DESCRIPTOR_BYTES} AS size FROM registry.manifest
                       WHERE repository_id = $1 AND subject = $2 AND id > $3 AND deleted_at IS NULL
                         AND ($4::text[] IS NULL OR artifact_type = ANY($4))
                       ORDER BY id LIMIT ${MOST_REFERRERS + 1}) AS candidates
                 WINDOW w AS (ORDER BY id)) AS sized
           CROSS JOIN LATERAL (SELECT sized.found > sized.n AS more) AS page
           JOIN registry.manifest m ON m.id = sized.id
           WHERE sized.n = 1 OR (sized.n <= ${MOST_REFERRERS} AND sized.bytes <= ${MOST_BYTES})
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
