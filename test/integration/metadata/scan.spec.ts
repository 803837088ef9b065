import { randomUUID } from 'node:crypto';
import { ScanKind } from '@lading/proto';
import { freshName, image, index, pushed, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { lapse } from './support/scenes.js';

let registry: Registry;
beforeEach(async () => {
  registry = await Registry.open();
});
afterEach(() => registry.close());

/** Every page, of one row each: no row is passed over and none comes twice. */
async function walk(kind: ScanKind): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await registry.collection.scan({ kind, after, limit: 1 });
    found.push(...page.subjects);
    after = page.next;
  }
  return found;
}

const manifestId = async (digest: string) =>
  (
    await registry.rows<{ id: number }>(`SELECT id FROM registry.manifest WHERE encode(digest, 'hex') LIKE '%' || $1`, [
      digest.slice('sha256:'.length),
    ])
  )[0]?.id;

it('finds links whose lease is over and that no manifest needs', async () => {
  const { scope } = await pushed(registry, freshName());
  const loose = await upload(registry, scope);
  const [{ id }] = (await registry.rows<{ id: number }>('SELECT id FROM registry.repository')) as [{ id: number }];
  expect(await walk(ScanKind.SCAN_KIND_LINK)).toEqual([]);
  await lapse(registry);
  expect(await walk(ScanKind.SCAN_KIND_LINK)).toEqual([`${id} ${loose.digest}`]);
});

it('finds objects that nothing refers to', async () => {
  const { scope } = await pushed(registry, freshName());
  const loose = await upload(registry, scope);
  expect(await walk(ScanKind.SCAN_KIND_OBJECT)).toEqual([]);
  await registry.rows(`DELETE FROM registry.blob_link WHERE object_id = $1`, [loose.objectId]);
  expect(await walk(ScanKind.SCAN_KIND_OBJECT)).toEqual([loose.objectId]);
});

it('finds deleted manifests', async () => {
  const { scope, digest } = await pushed(registry, freshName(), { tags: ['v1'] });
  await pushed(registry, freshName(), { tags: ['v1'] });
  expect(await walk(ScanKind.SCAN_KIND_EXPUNGE)).toEqual([]);
  const id = await manifestId(digest);
  await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  expect(await walk(ScanKind.SCAN_KIND_EXPUNGE)).toEqual([`${id}`]);
});

it('finds manifests that nothing names, and starts a clock that was not started', async () => {
  const { scope, blob, digest } = await pushed(registry, freshName());
  const child = image(scope, [blob.digest], { artifactType: 'application/x' });
  await registry.manifests.putManifest(child);
  await registry.manifests.putManifest(index(scope, [child.digest], { tags: ['kept'] }));
  const id = await manifestId(digest);
  await registry.rows('UPDATE registry.manifest SET untagged_at = NULL');
  expect(await walk(ScanKind.SCAN_KIND_UNTAGGED)).toEqual([`${id}`]);
  const clocks = await registry.rows<{ id: number }>('SELECT id FROM registry.manifest WHERE untagged_at IS NOT NULL');
  expect(clocks).toEqual([{ id }]);
});

it('lets a clock that runs run on', async () => {
  await pushed(registry, freshName());
  await registry.rows(`UPDATE registry.manifest SET untagged_at = '2020-01-01Z'`);
  expect(await walk(ScanKind.SCAN_KIND_UNTAGGED)).toHaveLength(1);
  const [row] = await registry.rows<{ at: Date }>('SELECT untagged_at AS at FROM registry.manifest');
  expect(row?.at).toEqual(new Date('2020-01-01T00:00:00Z'));
});
