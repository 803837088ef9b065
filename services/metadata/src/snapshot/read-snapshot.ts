import { statement } from '@lading/database';
import { readHead } from '@lading/events';
import { Unavailable } from '@lading/oci';
import type { ReadSnapshotResponse } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { SNAPSHOT_KINDS, type SnapshotKind } from './snapshot-kinds.js';

/** Rows of a page. */
const PAGE = 1_000;

/** Milliseconds from the first page to the last: as long as the transaction is open, dead rows stay on disk. */
const LONGEST_MS = 10 * 60_000;

const NOTHING: ReadSnapshotResponse = {
  cursor: undefined,
  storeVersion: undefined,
  projects: [],
  repositories: [],
  manifests: [],
  tags: [],
  blobs: [],
};

/**
 * All live state as of one moment, a page at a time.
 *
 *   one transaction that sees the database as it was at its first statement, which reads where the log ends
 *   then each kind in the order of its key, a page a statement
 *
 * A change that the transaction does not see is committed later, and its event is logged after that: behind the cursor. The
 * events of changes that it does see may be behind the cursor too, for the relay is never quite there; their versions
 * tell them, because version and change are committed together.
 *
 * Nothing is read ahead. Whoever does not ask for the next page for a minute loses the connection to the database's limit
 * for idle transactions.
 *
 * @param longestMs for specs.
 * @throws Unavailable after ten minutes.
 */
export async function* readSnapshot(
  pools: RegistryPools,
  longestMs = LONGEST_MS,
): AsyncGenerator<ReadSnapshotResponse> {
  const client = await pools.write.connect();
  let broken: Error | undefined;
  const breaks = (error: Error) => {
    broken = error;
  };
  client.on('error', breaks);
  try {
    await client.query('begin isolation level repeatable read read only');
    yield* pages(client, performance.now() + longestMs);
  } finally {
    if (!broken) await client.query('rollback').catch(breaks);
    client.off('error', breaks);
    client.release(broken);
  }
}

async function* pages(client: PoolClient, until: number): AsyncGenerator<ReadSnapshotResponse> {
  const cursor = await readHead(client);
  const { rows } = await client.query<{ version: number }>(statement('SELECT version FROM registry.store'));
  yield { ...NOTHING, cursor, storeVersion: rows[0]?.version };
  for (const kind of SNAPSHOT_KINDS) {
    for await (const page of pagesOf(client, kind)) {
      if (performance.now() > until) throw new Unavailable('the snapshot was read for more than ten minutes');
      yield page;
    }
  }
}

async function* pagesOf(client: PoolClient, { text, first, toPage }: SnapshotKind) {
  let after: readonly unknown[] = first;
  for (;;) {
    const { rows } = await client.query(statement(text, [...after, PAGE]));
    if (rows.length > 0) yield { ...NOTHING, ...toPage(rows) };
    if (rows.length < PAGE) return;
    after = rows.at(-1).place;
  }
}
