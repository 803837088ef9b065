import { freshDigest, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => registry.close());

interface Plan {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** Rows that a statement took from tables, those it then had no use for included. */
function rowsRead({ Plans: parts = [], ...plan }: Plan): number {
  const rows = plan['Relation Name'] ? plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0) : 0;
  return parts.reduce((sum, part) => sum + rowsRead(part), rows * plan['Actual Loops']);
}

/** Repositories of one project that all link the blob, made behind the back of the registry. */
async function shareWith(count: number, digest: string, project: string): Promise<void> {
  await upload(registry, await registry.scope(`${project}/r0`), digest);
  const { projectId } = await registry.scope(`${project}/r0`);
  await registry.rows(
    `WITH made AS (INSERT INTO registry.repository (project_id, path, full_path)
                   SELECT $1, 'r' || n, $2 || '/r' || n FROM generate_series(1, $3) AS n RETURNING id)
     INSERT INTO registry.blob_link (repository_id, digest, object_id, lease_until)
     SELECT made.id, o.digest, o.id, clock_timestamp() + interval '1 hour'
     FROM made, registry.blob_object o WHERE o.digest = $4`,
    [projectId, project, count, stored(digest)],
  );
}

it('T16, limit mount-links: an anonymous mount reads a few links of a blob that thousands of repositories share, and finds those that matter among them', async () => {
  const digest = freshDigest();
  const name = 'shared/mine/here';
  for (const first of ['shared/public/base', 'shared/mine/z', name])
    await upload(registry, await registry.scope(first), digest);
  await registry.rows(`UPDATE registry.project SET visibility = 'public' WHERE path = 'shared/public'`);
  await shareWith(5_000, digest, 'shared/other');
  await upload(registry, await registry.scope('shared/mine/late'), digest);
  await upload(registry, await registry.scope('shared/new/last'), digest);
  const scope = await registry.scope(name);
  const statements = jest.spyOn(registry.pools.read, 'query');
  const { names } = await registry.blobs.listMountSources({ scope, digest });
  const [statement] = statements.mock.calls.at(-1) as unknown as [{ name: string; text: string; values: unknown[] }];
  expect(statement.name).toBe('list-mount-sources');
  const expected = [name, 'shared/mine/late', 'shared/mine/z', 'shared/public/base', 'shared/new/last'];
  expect([names.slice(0, 5), names.length]).toEqual([expected, 20]);
  const read = await registry.pools.read.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>({
    text: `EXPLAIN (ANALYZE, FORMAT JSON) ${statement.text}`,
    values: statement.values,
  });
  expect(rowsRead(read.rows[0]!['QUERY PLAN'][0].Plan)).toBeLessThan(1_500);
});
