import type { RegistryEvent } from '@lading/events';
import type { PoolClient } from 'pg';
import { appendRepositoryEvents } from './append-events.js';

/**
 * Events of what the collector did in several repositories: the last statements of its transaction, repositories in order of
 * id, because each of them locks its row.
 *
 * Also of deleted repositories, which are restored as if they had not been deleted.
 */
export async function appendCollectorEvents<T extends { repository_id: number }>(
  client: PoolClient,
  changed: readonly T[],
  eventOf: (change: T, path: string) => RegistryEvent,
): Promise<void> {
  const ids = [...new Set(changed.map((change) => change.repository_id))].sort((a, b) => a - b);
  for (const repositoryId of ids) {
    const path = await lockPath(client, repositoryId);
    const events = changed.filter((change) => change.repository_id === repositoryId);
    await appendRepositoryEvents(
      client,
      repositoryId,
      events.map((change) => eventOf(change, path)),
      { deletedToo: true },
    );
  }
}

/** It is there: what was changed in it referred to it until this transaction. */
async function lockPath(client: PoolClient, repositoryId: number): Promise<string> {
  const found = await client.query<{ full_path: string }>({
    name: 'repository-path',
    text: 'SELECT full_path FROM registry.repository WHERE id = $1 FOR NO KEY UPDATE',
    values: [repositoryId],
  });
  return (found.rows[0] as { full_path: string }).full_path;
}
