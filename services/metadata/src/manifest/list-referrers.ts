import type { ListReferrersRequest, ListReferrersResponse, Referrer, Scope } from '@lading/proto';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { locateRepository } from '../scope/locate-repository.js';
import { FewAtOnce } from './few-at-once.js';

/** Most referrers of one page. What bounds it for most is `MOST_BYTES`. */
const MOST_REFERRERS = 10_000;

/**
 * Bytes of one page as JSON, less what stands around the descriptors: clients read 4 MiB and many read no second page
 * (REF-09, REF-10, REF-22).
 */
const MOST_BYTES = 4 * 1024 * 1024 - 1024;

/** A page up to this size is read whenever it is asked for: nearly all lists of referrers are that small. */
const SMALL_BYTES = 64 * 1024;

/** Larger pages that are read at once. Each is megabytes, and takes one of the few connections that all pulls need. */
const LARGE_AT_ONCE = 4;

/**
 * A descriptor as JSON, at most: names of fields and size, digest in hex, types, annotations. An artifact type of more
 * than a kilobyte is not read here; six bytes for each of its own is the most that JSON makes of it. Annotations in the
 * older column come with spaces, two for six bytes at most.
 */
const DESCRIPTOR_BYTES = `96 + 2 * octet_length(digest) + octet_length(media_type)
                          + CASE WHEN annotations IS NULL THEN annotations_size ELSE annotations_size / 3 * 4 + 4 END
                          + CASE WHEN octet_length(artifact_type) > 1000 THEN 6 * octet_length(artifact_type)
                                 ELSE coalesce(octet_length(to_json(artifact_type)::text), 0) END`;

interface Row {
  id: number;
  /** Null where the page was to be smaller than its first referrer. */
  digest: Buffer | null;
  media_type: string;
  size: number;
  artifact_type: string | null;
  annotations: string | null;
  more: boolean;
}

/**
 * Live manifests of this repository whose subject is a digest, oldest first, whether or not the subject is there
 * (T11). A repository that is not there has none. The page is cut before annotations are read: they may be megabytes
 * each. They pass through as the text they are.
 */
export class ListReferrers {
  private readonly large = new FewAtOnce(LARGE_AT_ONCE);

  constructor(private readonly pools: RegistryPools) {}

  async execute(request: ListReferrersRequest): Promise<ListReferrersResponse> {
    const { repository } = await locateRepository(this.pools.read, request.scope as Scope);
    if (!repository) return { referrers: [], more: false };
    const read = (bytes: number) => this.read(repository.id, request, bytes);
    let rows = await read(SMALL_BYTES);
    if (rows.some(({ digest, more }) => more || !digest)) rows = await this.large.run(() => read(MOST_BYTES));
    const referrers = rows.map((row) => toReferrer(row, request.annotationsAsJson ?? false));
    return { referrers, more: rows.at(-1)?.more ?? false };
  }

  private async read(repositoryId: number, request: ListReferrersRequest, bytes: number): Promise<Row[]> {
    const page = await this.pools.read.query<Row>({
      name: 'list-referrers',
      text: `SELECT sized.id, m.digest, m.media_type, m.size, m.artifact_type,
                    coalesce(m.annotations_json::text, m.annotations::text) AS annotations, page.more
             FROM (SELECT id, row_number() OVER w AS n, sum(size) OVER w AS bytes, count(*) OVER () AS found
                   FROM (SELECT id, ${DESCRIPTOR_BYTES} AS size FROM registry.manifest
                         WHERE repository_id = $1 AND subject = $2 AND id > $3 AND deleted_at IS NULL
                           AND ($4::text[] IS NULL OR artifact_type = ANY($4))
                         ORDER BY id LIMIT ${MOST_REFERRERS + 1}) AS candidates
                   WINDOW w AS (ORDER BY id)) AS sized
             CROSS JOIN LATERAL (SELECT sized.found > sized.n AS more) AS page
             LEFT JOIN registry.manifest m ON m.id = sized.id AND (sized.bytes <= $5 OR $5 = ${MOST_BYTES})
             WHERE sized.n = 1 OR (sized.n <= ${MOST_REFERRERS} AND sized.bytes <= $5)
             ORDER BY sized.id`,
      values: [
        repositoryId,
        toBytes(request.subject),
        request.afterId,
        request.artifactTypes.length > 0 ? request.artifactTypes : null,
        bytes,
      ],
    });
    return page.rows;
  }
}

function toReferrer(row: Row, asJson: boolean): Referrer {
  const digest = fromBytes(row.digest as Buffer);
  return {
    manifest: { manifestId: row.id, digest, mediaType: row.media_type, size: row.size },
    artifactType: row.artifact_type ?? undefined,
    annotations: asJson ? {} : JSON.parse(row.annotations ?? '{}'),
    annotationsJson: asJson ? (row.annotations ?? undefined) : undefined,
  };
}
