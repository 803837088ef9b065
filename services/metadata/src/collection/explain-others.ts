import type { PoolClient } from 'pg';
import type { Judgement } from './judgement.js';

/**
 * Of what a step asked for and did not lock: is it held by somebody, or not there for this step?
 *
 * @param query selects `id` of those that are there, from `$1`; no lock, for nothing is done to them.
 */
export async function explainOthers<Id extends number | string>(
  client: PoolClient,
  query: { readonly name: string; readonly text: string },
  ids: readonly Id[],
): Promise<Judgement<Id>[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<{ id: Id }>({ ...query, values: [ids] });
  const there = new Set(rows.map(({ id }) => id));
  return ids.map((id) => ({ id, outcome: there.has(id) ? 'busy' : 'absent' }));
}
