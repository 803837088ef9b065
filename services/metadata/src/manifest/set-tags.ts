import type { PoolClient } from 'pg';
import type { TagRules } from '../rule/tag-rules.js';

/** A tag that names another manifest than before. */
export interface MovedTag {
  name: string;
  previousManifestId: number | null;
}

/**
 * Points tags at a manifest that the caller holds. The upsert itself tells what a tag named before, read under the row
 * lock it takes, so two pushes of one tag leave a history without gaps. The same manifest again is a set, not a move:
 * the time is renewed at most once a minute and there is no event (T17).
 *
 * A tag that is immutable by the rules is written only where it is new or names this manifest already, and then always:
 * one that does not come back was refused, by the write itself and not by a look before it (T15).
 *
 * @returns the tags that moved, sorted.
 * @throws Denied when an immutable tag names another manifest; nothing may be kept of the push then.
 */
export async function setTags(
  client: PoolClient,
  target: { repositoryId: number; manifestId: number; tags: readonly string[]; operation: string; actor: string },
  rules: TagRules,
): Promise<MovedTag[]> {
  if (target.tags.length === 0) return [];
  const immutable = rules.immutableOf(target.tags);
  const written = await client.query<{ name: string; previous_manifest_id: number | null }>({
    name: 'set-tags',
    text: `INSERT INTO registry.tag AS t (repository_id, name, manifest_id)
           SELECT $1, name, $2 FROM unnest($3::text[]) AS name GROUP BY name ORDER BY name
           ON CONFLICT (repository_id, name) DO UPDATE
           SET previous_manifest_id = t.manifest_id, manifest_id = excluded.manifest_id, set_at = clock_timestamp()
           WHERE CASE WHEN t.name = ANY($4::text[]) THEN t.manifest_id = excluded.manifest_id
                 ELSE t.manifest_id <> excluded.manifest_id OR t.set_at < clock_timestamp() - interval '1 minute' END
           RETURNING name, previous_manifest_id`,
    values: [target.repositoryId, target.manifestId, target.tags, immutable],
  });
  const names = new Set(written.rows.map(({ name }) => name));
  rules.refuseMove(immutable.filter((name) => !names.has(name)));
  const moved = written.rows
    .map((row) => ({ name: row.name, previousManifestId: row.previous_manifest_id }))
    .filter((tag) => tag.previousManifestId !== target.manifestId);
  if (moved.length > 0) await noteMoves(client, target, moved);
  return moved;
}

/**
 * History, and the clocks of the manifests that lost or gained a tag.
 *
 * SKIP LOCKED on those that lost one: whoever holds such a row exclusively is deleting or collecting it, and waiting
 * here with tags locked would be the wrong order. A clock missed this way is set by reconciliation.
 */
async function noteMoves(
  client: PoolClient,
  target: { repositoryId: number; manifestId: number; operation: string; actor: string },
  moved: readonly MovedTag[],
): Promise<void> {
  const previous = moved.map((tag) => tag.previousManifestId);
  await client.query({
    name: 'note-tag-moves',
    text: `WITH history AS (
             INSERT INTO registry.tag_history (repository_id, name, from_manifest_id, to_manifest_id, operation, actor)
             SELECT $1, u.name, u.previous, $2, $3, $4 FROM unnest($5::text[], $6::bigint[]) AS u(name, previous))
           UPDATE registry.manifest SET untagged_at = NULL WHERE id = $2 AND untagged_at IS NOT NULL`,
    values: [
      target.repositoryId,
      target.manifestId,
      target.operation,
      target.actor,
      moved.map((tag) => tag.name),
      previous,
    ],
  });
  await startUntaggedClocks(
    client,
    previous.filter((id): id is number => id !== null),
  );
}

/** t0 of manifests that lost a tag: now, unless they have another one or a live index names them. */
export async function startUntaggedClocks(client: PoolClient, manifestIds: readonly number[]): Promise<void> {
  if (manifestIds.length === 0) return;
  await client.query({
    name: 'start-untagged-clocks',
    text: `UPDATE registry.manifest m SET untagged_at = clock_timestamp()
           FROM (SELECT id FROM registry.manifest WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS free
           WHERE m.id = free.id AND m.deleted_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = m.id)
             AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e JOIN registry.manifest p ON p.id = e.manifest_id
                             WHERE e.repository_id = m.repository_id AND e.digest = m.digest AND p.deleted_at IS NULL)`,
    values: [manifestIds],
  });
}
