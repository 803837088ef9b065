import { Client } from 'pg';

/** Given by the database or its clock, so that two equal runs differ in them. */
const VOLATILE = /(^|_)(id|key|xid|seq|at|until|after)$|(Id|At)$/;
/** Ids that the caller chose. */
const CHOSEN = new Set(['object_id', 'objectId', 'delete_operation', 'claim_id']);

/** Events, whether the relay has moved them to the log already or not. */
const EVENTS = ['registry.outbox', 'events.log']
  .map((table) => `SELECT event_id, topic, message_key, type, subject, aggregate_version, data FROM ${table}`)
  .join(' UNION ');

/** Every row of schema `registry`, and every event, as text, without what no two runs share, by table and sorted. */
export async function tableContents(url: string): Promise<Record<string, string[]>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'registry' AND table_name <> 'outbox' ORDER BY 1`,
    );
    const rowsOf = async (from: string) => {
      const { rows } = await client.query<{ row: object }>(`SELECT to_json(t) AS row FROM ${from} t`);
      return rows.map(({ row }) => JSON.stringify(row, withoutVolatile)).sort();
    };
    const contents: Record<string, string[]> = { events: await rowsOf(`(${EVENTS})`) };
    for (const { name } of tables.rows) contents[name] = await rowsOf(`registry."${name}"`);
    return contents;
  } finally {
    await client.end();
  }
}

function withoutVolatile(key: string, value: unknown): unknown {
  if (CHOSEN.has(key)) return value;
  // An id that a caller gave is a UUID; the database's own are numbers, but for those of events.
  if (key === 'id' && typeof value === 'string') return value;
  return VOLATILE.test(key) ? undefined : value;
}
