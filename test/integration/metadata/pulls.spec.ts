import { randomUUID } from 'node:crypto';
import { EVENT_CATALOGUE, type EventType } from '@lading/events';
import type { Pull, Scope } from '@lading/proto';
import { again, freshName, pushed } from './support/content.js';
import { Registry } from './support/registry.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterAll(() => registry.close());

type Pushed = Awaited<ReturnType<typeof pushed>>;

const record = (batch: { manifests?: { manifestId: number; byDigest: boolean }[]; pulls?: Pull[]; batchId?: string }) =>
  registry.manifests.recordPulls({ batchId: randomUUID(), manifests: [], pulls: [], ...batch });

async function pullOf({ scope, digest, manifestId, put }: Pushed, more: Partial<Pull> = {}): Promise<Pull> {
  const { manifest } = await registry.manifests.findManifest({ scope, digest });
  const repositoryId = manifest?.repositoryId ?? -1;
  const { mediaType } = put;
  const { name: path, principal } = scope;
  return {
    ...{ repositoryId, path, digest, manifestId, mediaType, size: put.body.length, principal, request: undefined },
    ...{ atMs: 1_764_000_000_000, ...more },
  };
}

interface Row {
  type: EventType;
  key: string;
  version: number;
  data: { path: string; pulls: object[] };
}

async function eventsOf(scopes: readonly Scope[]): Promise<Row[]> {
  const rows = await registry.rows<Row>(
    `SELECT type, message_key AS key, aggregate_version AS version, data FROM registry.outbox
     WHERE type LIKE '%.pulled.v1' AND subject = ANY($1) ORDER BY seq`,
    [scopes.map(({ name }) => name)],
  );
  for (const { type, data } of rows) EVENT_CATALOGUE[type].strict().parse(data);
  return rows;
}

it('pulls become events of their repository that do not count, one for each kind', async () => {
  const [one, two] = [await pushed(registry, freshName()), await pushed(registry, freshName())];
  const versions = () => registry.rows('SELECT id, version FROM registry.repository ORDER BY id');
  const before = await versions();
  const pulls = [await pullOf(one, { tag: 'v1' }), await pullOf(two), await pullOf(one, { manifestId: undefined })];
  await record({ pulls });
  const told = await eventsOf([one.scope, two.scope]);
  expect(told.map(({ type, data }) => [type, data.path, data.pulls.length])).toEqual([
    ['dev.lading.manifest.pulled.v1', one.scope.name, 1],
    ['dev.lading.manifest.pulled.v1', two.scope.name, 1],
    ['dev.lading.blob.pulled.v1', one.scope.name, 1],
  ]);
  expect(told.map(({ key, version }) => [key, version])).toEqual(
    pulls.map(({ repositoryId }) => [String(repositoryId), 0]),
  );
  expect(told[0]?.data.pulls).toEqual([
    expect.objectContaining({ tag: 'v1', digest: one.digest, time: '2025-11-24T16:00:00.000Z' }),
  ]);
  expect(await versions()).toEqual(before);
});

it('limit pulls-in-event: more than 100 of one repository make several events, in their order', async () => {
  const it = await pushed(registry, freshName());
  const pulls = await Promise.all(Array.from({ length: 201 }, (_, n) => pullOf(it, { tag: `t${n}` })));
  await record({ pulls });
  const told = await eventsOf([it.scope]);
  expect(told.map(({ data }) => data.pulls.length)).toEqual([100, 100, 1]);
  expect(told.flatMap(({ data }) => data.pulls)).toMatchObject(pulls.map(({ tag }) => ({ tag })));
});

it('a batch that is sent again is told once', async () => {
  const it = await pushed(registry, freshName());
  const batch = { batchId: randomUUID(), pulls: [await pullOf(it)] };
  await record(batch);
  await record(batch);
  expect(await eventsOf([it.scope])).toHaveLength(1);
});

describe('a manifest without a name', () => {
  const clockOf = async ({ manifestId }: Pushed) => {
    const query = 'SELECT untagged_at FROM registry.manifest WHERE id = $1';
    return (await registry.rows<{ untagged_at: Date | null }>(query, [manifestId]))[0]?.untagged_at;
  };
  const ageClock = async ({ manifestId }: Pushed) => {
    await registry.rows(`UPDATE registry.manifest SET untagged_at = now() - interval '1 day' WHERE id = $1`, [
      manifestId,
    ]);
  };

  it('has its clock started anew when it is asked for by digest, and not by what its tag was', async () => {
    const it = await pushed(registry, freshName());
    await ageClock(it);
    const old = await clockOf(it);
    await record({ manifests: [{ manifestId: it.manifestId, byDigest: false }] });
    expect(await clockOf(it)).toEqual(old);
    await record({ manifests: [{ manifestId: it.manifestId, byDigest: true }] });
    expect((await clockOf(it))?.getTime()).toBeGreaterThan(Date.now() - 3_600_000);
    const { judgements } = await registry.collection.collectUntagged({ manifestIds: [it.manifestId] });
    expect(judgements[0]?.dueAtMs).toBeGreaterThan(Date.now());
  });

  it('gets no clock from it when it has a tag, or is deleted', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const manifests = [{ manifestId: it.manifestId, byDigest: true }];
    await record({ manifests });
    expect(await clockOf(it)).toBeNull();
    const gone = await pushed(registry, freshName());
    await ageClock(gone);
    const before = await clockOf(gone);
    await registry.manifests.deleteManifest({ scope: gone.scope, digest: gone.digest, operationId: randomUUID() });
    await record({ manifests: [{ manifestId: gone.manifestId, byDigest: true }] });
    expect(await clockOf(gone)).toEqual(before);
  });

  it('that somebody holds is passed over, and nobody waits for it', async () => {
    const [held, free] = [await pushed(registry, freshName()), await pushed(registry, freshName())];
    await ageClock(free);
    const other = await registry.pools.write.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM registry.manifest WHERE id = $1 FOR UPDATE', [held.manifestId]);
      await record({ manifests: [held, free].map(({ manifestId }) => ({ manifestId, byDigest: true })) });
      expect((await clockOf(free))?.getTime()).toBeGreaterThan(Date.now() - 3_600_000);
    } finally {
      await other.query('ROLLBACK');
      other.release();
    }
  });
});

it('the last pull of a manifest is kept, and goes with it', async () => {
  const it = await pushed(registry, freshName(), { tags: ['v1'] });
  const lastPull = () =>
    registry.rows('SELECT pulled_at FROM registry.manifest_pull WHERE manifest_id = $1', [it.manifestId]);
  await record({ manifests: [{ manifestId: it.manifestId, byDigest: false }] });
  const first = await lastPull();
  expect(first).toHaveLength(1);
  await record({ manifests: [{ manifestId: it.manifestId, byDigest: false }] });
  expect(await lastPull()).toEqual(first); // At most one write a minute.
  await registry.manifests.deleteManifest({ scope: it.scope, digest: it.digest, operationId: randomUUID() });
  await registry.rows(`UPDATE registry.manifest SET deleted_at = now() - interval '1 day' WHERE id = $1`, [
    it.manifestId,
  ]);
  await registry.collection.expungeManifests({ manifestIds: [it.manifestId] });
  expect(await lastPull()).toEqual([]);
  await registry.manifests.putManifest(again(it.put));
});

it('manifests and repositories that are no more are no error', async () => {
  await record({ manifests: [{ manifestId: 999_999_999, byDigest: true }] });
});
