import { randomUUID } from 'node:crypto';
import { EVENT_CATALOGUE, type EventType } from '@lading/events';
import type { Scope } from '@lading/proto';
import { freshName, image, pushed, upload } from './support/content.js';
import { Registry } from './support/registry.js';

// What events tell of the requests that made the changes.

const REQUEST = {
  id: 'request-1',
  address: '192.0.2.1',
  origin: 'https://registry.example.com',
  method: 'PUT',
  userAgent: 'client/1',
  node: 'node:5000',
  instanceId: randomUUID(),
};

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterAll(() => registry.close());

interface Told {
  type: EventType;
  data: Record<string, unknown>;
}

/** Events of what `change` does, each one that the catalogue knows to the last field. */
async function toldOf(change: () => Promise<unknown>): Promise<Told[]> {
  const [before] = await registry.rows<{ last: number }>('SELECT coalesce(max(seq), 0) AS last FROM registry.outbox');
  await change();
  const query = 'SELECT type, data FROM registry.outbox WHERE seq > $1 ORDER BY seq';
  const told = await registry.rows<Told>(query, [before?.last]);
  for (const { type, data } of told) EVENT_CATALOGUE[type].strict().parse(data);
  return told;
}

const asked = (scope: Scope): Scope => ({ ...scope, request: REQUEST });

it('each change of a repository tells of its request', async () => {
  const name = freshName();
  const told = await toldOf(async () => {
    const { digest } = await upload(registry, asked(await registry.scope(name)));
    const scope = asked(await registry.scope(name));
    const put = image(scope, [digest], { tags: ['v1', 'v2'] });
    await registry.manifests.putManifest(put);
    const target = asked(await registry.scope(freshName()));
    await registry.blobs.mountBlob({ scope: target, from: scope, digest });
    await registry.manifests.deleteTag({ scope, tag: 'v1', operationId: randomUUID() });
    await registry.manifests.deleteManifest({ scope, digest: put.digest, operationId: randomUUID() });
    await registry.manifests.restoreManifest({
      ...{ scope, digest: put.digest, withoutTags: true },
      operationId: randomUUID(),
    });
    await registry.manifests.deleteManifest({ scope, digest: put.digest, operationId: randomUUID() });
    await registry.blobs.deleteBlob({ scope, digest, operationId: randomUUID() });
  });
  const ofRepositories = told.filter(({ type }) => !type.startsWith('dev.lading.project.'));
  expect(ofRepositories.map(({ type }) => type.replace(/^dev\.lading\.(.*)\.v1$/, '$1'))).toEqual([
    ...['blob.uploaded', 'manifest.pushed', 'tag.set', 'tag.set', 'blob.mounted', 'tag.deleted'],
    ...['manifest.deleted', 'manifest.pushed', 'manifest.deleted', 'blob.deleted'],
  ]);
  for (const { type, data } of ofRepositories) expect([type, data.request]).toEqual([type, REQUEST]);
});

it('a change without one tells of none', async () => {
  const told = await toldOf(() => pushed(registry, freshName(), { tags: ['v1'] }));
  expect(told.map(({ data }) => 'request' in data)).toEqual([false, false, false]);
});

it('texts are cut, and what the database cannot hold is replaced', async () => {
  const userAgent = `a\0\ud800${'b'.repeat(600)}`;
  const scope = { ...(await registry.scope(freshName())), request: { ...REQUEST, userAgent } };
  const told = await toldOf(() => upload(registry, scope));
  expect(told.at(-1)?.data.request).toEqual({ ...REQUEST, userAgent: `a\ufffd\ufffd${'b'.repeat(509)}` });
});

it('a push names the tags that it moves, and each of them tells what it names; a restore likewise', async () => {
  const it = await pushed(registry, freshName(), { tags: ['old'] });
  const { mediaType, body } = it.put;
  const put = image(it.scope, [it.blob.digest], { mediaType, body: Buffer.from('with two tags'), tags: ['b', 'a'] });
  const [pushedEvent, ...set] = await toldOf(() => registry.manifests.putManifest(put));
  expect(pushedEvent?.data).toMatchObject({ tags: ['a', 'b'], mediaType, size: 13 });
  expect(set.map(({ data }) => [data.tag, data.mediaType, data.size])).toEqual([
    ['a', mediaType, 13],
    ['b', mediaType, 13],
  ]);
  await registry.manifests.deleteManifest({ scope: it.scope, digest: it.digest, operationId: randomUUID() });
  const [back, tag] = await toldOf(() =>
    registry.manifests.restoreManifest({
      ...{ scope: it.scope, digest: it.digest, withoutTags: false },
      operationId: randomUUID(),
    }),
  );
  expect(back?.data).toMatchObject({ tags: ['old'], revived: true });
  expect(tag?.data).toMatchObject({ tag: 'old', mediaType, size: body.length });
});

it('a mount tells the size and the path of the source', async () => {
  const from = await registry.scope(freshName());
  const { digest } = await upload(registry, from);
  const scope = await registry.scope(freshName());
  const told = await toldOf(async () =>
    registry.blobs.mountBlob({ scope, from: await registry.scope(from.name), digest }),
  );
  expect(told.at(-1)).toMatchObject({ type: 'dev.lading.blob.mounted.v1', data: { size: 10, fromPath: from.name } });
});
