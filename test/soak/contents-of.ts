import { filesOf, query } from '../faults/audit.js';
import type { RepositoryLog } from './repository-log.js';

/** What a registry holds, or should hold: rows and files, each as a line. */
export type Holdings = ReadonlySet<string>;

/** Exactly what the logs say: nothing less, and nothing more. */
export function expectedOf(logs: ReadonlyMap<string, RepositoryLog>): Holdings {
  const holdings = new Set<string>();
  for (const [repository, log] of logs) {
    for (const { tag } of log.tagged) holdings.add(`tag ${repository}:${tag}`);
    for (const { digest, blobs } of log.required.values()) {
      holdings.add(`manifest ${repository}@${digest}`);
      for (const blob of blobs) {
        holdings.add(`link ${repository}@${blob.digest}`);
        holdings.add(`object ${blob.digest}`);
        holdings.add(`file of ${blob.digest}`);
      }
    }
  }
  return holdings;
}

/** Every row and file that takes space, dead or alive. */
export async function holdingsOf(dataDir: string, database: string): Promise<Holdings> {
  const digest = (column: string) => `'sha256:' || encode(substring(${column} FROM 2), 'hex')`;
  const rows = await query<{ line: string }>(
    database,
    `SELECT 'tag ' || r.full_path || ':' || t.name AS line
     FROM registry.tag t JOIN registry.repository r ON r.id = t.repository_id
     UNION ALL SELECT 'manifest ' || r.full_path || '@' || ${digest('m.digest')}
     FROM registry.manifest m JOIN registry.repository r ON r.id = m.repository_id
     UNION ALL SELECT 'link ' || r.full_path || '@' || ${digest('l.digest')}
     FROM registry.blob_link l JOIN registry.repository r ON r.id = l.repository_id
     UNION ALL SELECT CASE state WHEN 'live' THEN 'object ' || ${digest('digest')} ELSE state || ' object ' || id END
     FROM registry.blob_object WHERE state <> 'gone'
     UNION ALL SELECT 'open upload ' || id FROM registry.upload_session WHERE state = 'open'`,
  );
  const objects = await query<{ id: string; digest: string }>(
    database,
    `SELECT id, ${digest('digest')} AS digest FROM registry.blob_object WHERE state = 'live'`,
  );
  const digests = new Map(objects.map((each) => [each.id, each.digest]));
  const files = [...filesOf(dataDir).keys()].map((id) => `file of ${digests.get(id) ?? `no live object: ${id}`}`);
  return new Set([...rows.map(({ line }) => line), ...files]);
}
