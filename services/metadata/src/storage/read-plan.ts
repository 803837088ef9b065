import { Unavailable } from '@lading/oci';
import type { Amount, PlanProject, PlanRepository, PlanTotals, ReadPlanResponse } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { makePlanTables, type PlanClocks } from './plan-tables.js';

/** Rows of a page. */
const PAGE = 1_000;

/** Milliseconds from the begin to the last page: as long as the transaction is open, dead rows stay on disk. */
const LONGEST_MS = 10 * 60_000;

const NOTHING: ReadPlanResponse = { totals: undefined, repositories: [], projects: [] };

/**
 * What the collector would have freed by a time, a page at a time, as of one moment: a transaction that sees the database as it was
 * at its first statement works everything out (`plan-tables`), and is rolled back at the end.
 *
 * @param at undefined: when every clock has run out.
 * @throws Unavailable after ten minutes.
 */
export async function* readPlan(
  pools: RegistryPools,
  clocks: PlanClocks,
  at: Date | undefined,
): AsyncGenerator<ReadPlanResponse> {
  const client = await pools.write.connect();
  let broken: Error | undefined;
  const breaks = (error: Error) => {
    broken = error;
  };
  client.on('error', breaks);
  try {
    await client.query(`begin isolation level repeatable read; set local statement_timeout = ${LONGEST_MS}`);
    yield* pages(client, clocks, at?.toISOString() ?? 'infinity', performance.now() + LONGEST_MS);
  } finally {
    if (!broken) await client.query('rollback').catch(breaks);
    client.off('error', breaks);
    client.release(broken);
  }
}

async function* pages(client: PoolClient, clocks: PlanClocks, at: string, until: number) {
  await makePlanTables(client, clocks);
  await client.query(TABLES);
  await client.query(FREED, [at]);
  await client.query('ANALYZE plan_freed');
  yield { ...NOTHING, totals: await readTotals(client, at) };
  for (const { text, toPage } of [REPOSITORIES, PROJECTS]) {
    for (let after = 0; ; ) {
      if (performance.now() > until) throw new Unavailable('the plan was read for more than ten minutes');
      const { rows } = await client.query<Row>(text, [at, after, PAGE]);
      if (rows.length > 0) yield { ...NOTHING, ...toPage(rows) };
      if (rows.length < PAGE) break;
      after = (rows.at(-1) as Row).id;
    }
  }
}

interface Row {
  id: number;
  project_id: number;
  path: string;
  own: number;
  own_bytes: number;
  shared: number;
  shared_bytes: number;
  manifests: number;
  manifest_bytes: number;
}

/** Objects that are gone by then, with how many repositories and projects hold each. */
const TABLES = `CREATE TEMP TABLE plan_freed (
  id uuid PRIMARY KEY, bytes bigint NOT NULL, repositories bigint NOT NULL, projects bigint NOT NULL) ON COMMIT DROP`;

const FREED = `
  INSERT INTO plan_freed
  SELECT o.id, o.bytes, count(p.repository_id), count(DISTINCT r.project_id)
  FROM plan_object o
  LEFT JOIN plan_place p ON p.object_id = o.id
  LEFT JOIN registry.repository r ON r.id = p.repository_id
  WHERE o.gone_at <= $1::timestamptz AND o.gone_at < 'infinity'
  GROUP BY o.id, o.bytes`;

async function readTotals(client: PoolClient, at: string): Promise<PlanTotals> {
  const { rows } = await client.query<Record<string, number> & { counted: Date }>(
    `SELECT now() AS counted, count(*) AS objects, coalesce(sum(bytes), 0)::bigint AS object_bytes,
            count(*) FILTER (WHERE repositories > 1) AS shared,
            coalesce(sum(bytes) FILTER (WHERE repositories > 1), 0)::bigint AS shared_bytes,
            count(*) FILTER (WHERE repositories = 0) AS elsewhere,
            coalesce(sum(bytes) FILTER (WHERE repositories = 0), 0)::bigint AS elsewhere_bytes,
            (SELECT count(*) FROM plan_loose WHERE gone_at <= $1::timestamptz) AS manifests,
            (SELECT coalesce(sum(size), 0)::bigint FROM plan_loose WHERE gone_at <= $1::timestamptz) AS manifest_bytes
     FROM plan_freed`,
    [at],
  );
  const row = rows[0] as Record<string, number> & { counted: Date };
  const amount = (count: string, bytes: string): Amount => ({ count: row[count] ?? 0, bytes: row[bytes] ?? 0 });
  return {
    countedMs: row.counted.getTime(),
    objects: amount('objects', 'object_bytes'),
    shared: amount('shared', 'shared_bytes'),
    elsewhere: amount('elsewhere', 'elsewhere_bytes'),
    manifests: amount('manifests', 'manifest_bytes'),
  };
}

/** $1: the time, $2: the last id of the page before, $3: rows. Those from which nothing goes are left out. */
const FIGURES = (holder: string, key: string, count: string) => `
  page AS (
    SELECT h.id FROM ${holder} h
    WHERE h.id > $2
      AND (EXISTS (SELECT 1 FROM held WHERE held.${key} = h.id) OR EXISTS (SELECT 1 FROM hidden WHERE hidden.${key} = h.id))
    ORDER BY h.id LIMIT $3),
  figures AS (
    SELECT held.${key} AS id,
           count(*) FILTER (WHERE ${count} = 1) AS own, sum(bytes) FILTER (WHERE ${count} = 1) AS own_bytes,
           count(*) FILTER (WHERE ${count} > 1) AS shared, sum(bytes) FILTER (WHERE ${count} > 1) AS shared_bytes
    FROM held JOIN page ON page.id = held.${key} GROUP BY held.${key}),
  manifests AS (
    SELECT hidden.${key} AS id, count(*) AS manifests, sum(size) AS manifest_bytes
    FROM hidden JOIN page ON page.id = hidden.${key} GROUP BY hidden.${key})`;

const COLUMNS = `
  coalesce(f.own, 0) AS own, coalesce(f.own_bytes, 0)::bigint AS own_bytes,
  coalesce(f.shared, 0) AS shared, coalesce(f.shared_bytes, 0)::bigint AS shared_bytes,
  coalesce(m.manifests, 0) AS manifests, coalesce(m.manifest_bytes, 0)::bigint AS manifest_bytes`;

const HELD = `
  held AS (
    SELECT DISTINCT o.id AS object_id, o.bytes, o.repositories, o.projects, KEY
    FROM plan_freed o JOIN plan_place p ON p.object_id = o.id JOIN registry.repository r ON r.id = p.repository_id),
  hidden AS (
    SELECT l.id AS manifest_id, l.size, KEY
    FROM plan_loose l JOIN registry.repository r ON r.id = l.repository_id WHERE l.gone_at <= $1::timestamptz)`;

const REPOSITORIES = {
  text: `
    WITH ${HELD.replaceAll('KEY', 'r.id AS repository_id')}, ${FIGURES('registry.repository', 'repository_id', 'repositories')}
    SELECT page.id, r.project_id, r.full_path AS path, ${COLUMNS}
    FROM page JOIN registry.repository r ON r.id = page.id
    LEFT JOIN figures f ON f.id = page.id LEFT JOIN manifests m ON m.id = page.id ORDER BY page.id`,
  toPage: (rows: readonly Row[]): Pick<ReadPlanResponse, 'repositories'> => ({ repositories: rows.map(toRepository) }),
};

const PROJECTS = {
  text: `
    WITH ${HELD.replaceAll('KEY', 'r.project_id')}, ${FIGURES('registry.project', 'project_id', 'projects')}
    SELECT page.id, page.id AS project_id, p.path, ${COLUMNS}
    FROM page JOIN registry.project p ON p.id = page.id
    LEFT JOIN figures f ON f.id = page.id LEFT JOIN manifests m ON m.id = page.id ORDER BY page.id`,
  toPage: (rows: readonly Row[]): Pick<ReadPlanResponse, 'projects'> => ({ projects: rows.map(toProject) }),
};

function toRepository({ id, project_id: projectId, path, ...row }: Row): PlanRepository {
  return { repositoryId: id, projectId, path, ...amountsOf(row) };
}

function toProject({ id, path, ...row }: Row): PlanProject {
  return { projectId: id, path, ...amountsOf(row) };
}

function amountsOf(row: Omit<Row, 'id' | 'project_id' | 'path'>) {
  return {
    objects: { count: row.own, bytes: row.own_bytes },
    shared: { count: row.shared, bytes: row.shared_bytes },
    manifests: { count: row.manifests, bytes: row.manifest_bytes },
  };
}
