import type { RegistryPools } from '../database/registry-pools.js';

/** What a row says of an object that the store has; `unknown` and `recent`: no row has its id. */
export type Standing = 'expected' | 'gone' | 'unknown' | 'recent';

/**
 * What the rows say of objects that the store has and that nobody expects there. A row is written before the first byte (I6), so
 * an id without one is of a row that was lost, with the last moments before a crash or with a restore of the database. Such an
 * id is `unknown` once it is old enough, by the time within it and the database's clock; one that does not say when it was made
 * never is.
 *
 * @param objectIds in lower case.
 * @returns in the order of the ids.
 */
export async function describeObjects(
  pools: RegistryPools,
  objectIds: readonly string[],
  olderThanMs: number,
): Promise<Standing[]> {
  const { rows } = await pools.write.query<{ state: string | null; now_ms: number }>({
    name: 'describe-objects',
    text: `SELECT o.state, extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms
           FROM unnest($1::uuid[]) WITH ORDINALITY AS u(id, n) LEFT JOIN registry.blob_object o ON o.id = u.id
           ORDER BY u.n`,
    values: [objectIds],
  });
  return rows.map(({ state, now_ms: now }, n) => {
    if (state !== null) return state === 'gone' ? 'gone' : 'expected';
    const madeAt = timeOf(objectIds[n] as string);
    return madeAt !== undefined && madeAt < now - olderThanMs ? 'unknown' : 'recent';
  });
}

/** Milliseconds since 1970 in a UUID of version 7 (RFC 9562); undefined for another. */
function timeOf(id: string): number | undefined {
  return id[14] === '7' ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;
}
