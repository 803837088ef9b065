import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';

/** A row of `registry.blob_object`, and the file under its key. */
export interface StoredObject {
  id: string;
  state: string;
  /** Undefined until it is known. */
  size: number | undefined;
}

/** Asks the database of a data directory over its unix socket, or one at a URL. */
export async function query<T extends object>(dataDirOrUrl: string, text: string): Promise<T[]> {
  const isUrl = dataDirOrUrl.startsWith('postgresql:');
  const socket = { host: join(dataDirOrUrl, 'postgres-socket'), port: 5432, user: 'postgres', database: 'postgres' };
  const client = new Client(isUrl ? { connectionString: dataDirOrUrl } : socket);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Every blob object that is not gone. */
export async function objectsOf(database: string): Promise<StoredObject[]> {
  const text = `SELECT id, state, size::float8 FROM registry.blob_object WHERE state <> 'gone'`;
  const rows = await query<{ id: string; state: string; size: number | null }>(database, text);
  return rows.map(({ id, state, size }) => ({ id, state, size: size ?? undefined }));
}

/** Sizes of all files of the blob store, by object id. */
export function filesOf(dataDir: string): Map<string, number> {
  const found = new Map<string, number>();
  const top = join(dataDir, 'blobs/blobs');
  for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) continue; // Purged since the directory was read.
    if (path !== join(top, entry.name.slice(-2), entry.name)) throw new Error(`${path} is no key of the store`);
    found.set(entry.name, size);
  }
  return found;
}

/** What a row names without the bytes, in lines; empty where rows and files agree. Safe to ask while the server works. */
export async function danglingRows(dataDir: string, database = dataDir): Promise<string[]> {
  const objects = await objectsOf(database);
  const files = filesOf(dataDir);
  return objects
    .filter(({ state, id, size }) => ['live', 'condemned'].includes(state) && files.get(id) !== size)
    .map(({ id, state, size }) => `${state} object ${id} has ${size} bytes in its row, ${files.get(id)} in its file`);
}

/** References in the rows that lead nowhere: what a crash in the middle of a change would leave. */
export async function brokenReferences(database: string): Promise<string[]> {
  const checks: Record<string, string> = {
    'a manifest names an object that is not live': `
      SELECT e.manifest_id::text AS what FROM registry.manifest_edge e
      JOIN registry.blob_object o ON o.id = e.object_id WHERE o.state <> 'live'`,
    'a link names an object that is not live or condemned': `
      SELECT l.object_id::text AS what FROM registry.blob_link l
      JOIN registry.blob_object o ON o.id = l.object_id WHERE o.state NOT IN ('live', 'condemned')`,
    'a tag names a deleted manifest': `
      SELECT t.name AS what FROM registry.tag t
      JOIN registry.manifest m ON m.id = t.manifest_id WHERE m.deleted_at IS NOT NULL`,
    'an open upload has no object to write to': `
      SELECT s.id::text AS what FROM registry.upload_session s
      JOIN registry.blob_object o ON o.id = s.object_id WHERE s.state = 'open' AND o.state <> 'uploading'`,
    'an object is uploading without an open upload': `
      SELECT o.id::text AS what FROM registry.blob_object o WHERE o.state = 'uploading'
      AND NOT EXISTS (SELECT 1 FROM registry.upload_session s WHERE s.object_id = o.id AND s.state = 'open')`,
    'the version of a repository is not the number of its events': `
      SELECT r.full_path AS what FROM registry.repository r LEFT JOIN
        (SELECT message_key, count(*) AS events, max(aggregate_version) AS last
         FROM (SELECT event_id, message_key, aggregate_version FROM registry.outbox
               UNION SELECT event_id, message_key, aggregate_version FROM events.log) AS known
         -- Pulls have none: they are told approximately.
         WHERE aggregate_version > 0 GROUP BY 1) o
        ON o.message_key = r.id::text
      WHERE r.version <> coalesce(o.events, 0) OR r.version <> coalesce(o.last, 0)`,
  };
  const found = Object.entries(checks).map(async ([words, text]) => {
    const rows = await query<{ what: string }>(database, text);
    return rows.map(({ what }) => `${words}: ${what}`);
  });
  return (await Promise.all(found)).flat();
}

/** Files that no row names, or that were to be gone; empty where rows and files agree. Ask while nothing is uploaded. */
export async function strayFiles(dataDir: string, database = dataDir): Promise<string[]> {
  const rows = await query<{ id: string; state: string }>(database, 'SELECT id, state FROM registry.blob_object');
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  const strays = [...filesOf(dataDir).keys()].filter((id) => (states.get(id) ?? 'gone') === 'gone');
  return strays.map((id) => `file ${id} is there and its row ${states.get(id) ?? 'is not'}`);
}
