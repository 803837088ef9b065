import { digestOf, ManifestBlobUnknown, ManifestUnknown, NameUnknown, Unsupported } from '@lading/oci';
import type { Scope } from '@lading/proto';
import { expectRefusal } from './expect-refusal.js';
import { manifestOf, pushBlob, scopeOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

/** Bytes of the largest manifest that `LADING_MANIFEST_LIMIT` can allow. */
const LARGEST = 15 * 1024 * 1024;

/** What every adapter of `ManifestPort` does. */
export function manifestPortContract(ports: () => RegistryPorts): void {
  const app = () => scopeOf(ports(), 'manifests/app');
  const put = (scope: Scope, words: string, more?: Parameters<typeof manifestOf>[2]) => {
    const request = manifestOf(scope, words, more);
    return ports()
      .manifests.putManifest(request)
      .then(({ manifestId }) => ({ ...request, manifestId }));
  };
  const find = async (scope: Scope, what: { tag?: string; digest?: string }) =>
    (await ports().manifests.findManifest({ scope, ...what })).manifest;

  describe('a manifest', () => {
    it('is found by digest and by tag, with the bytes as they were put', async () => {
      const scope = await app();
      const blob = await pushBlob(ports(), scope, 'layer');
      const { digest, manifestId, mediaType, body } = await put(scope, 'found é', {
        blobs: [blob],
        tags: ['v1', 'v2'],
      });
      const manifest = { manifestId, digest, mediaType, size: body.length, repositoryId: expect.any(Number) };
      expect(await find(scope, { digest })).toEqual(manifest);
      for (const tag of ['v1', 'v2']) expect(await find(scope, { tag })).toEqual(manifest);
      const answer = await ports().manifests.getManifestBody({ manifestId });
      expect(Buffer.compare(answer.body as Buffer, body)).toBe(0);
      expect(await find(scope, { tag: 'V1' })).toBeUndefined();
      expect((await ports().manifests.getManifestBody({ manifestId: 999_999_999 })).body).toBeUndefined();
    });

    it('of 15 MiB passes, also when it is nothing but annotations', async () => {
      const body = Buffer.alloc(LARGEST, 'lading ');
      const annotationsJson = JSON.stringify({ all: body.toString() });
      const { manifestId } = await put(await app(), 'large', { body, annotationsJson, tags: ['large'] });
      const answer = await ports().manifests.getManifestBody({ manifestId });
      expect(digestOf(answer.body as Buffer)).toBe(digestOf(body));
    });

    it('put again is the same manifest, and moves its tags', async () => {
      const scope = await app();
      const first = await put(scope, 'again', { tags: ['moving'] });
      const other = await put(scope, 'other', { tags: ['moving'] });
      expect((await find(scope, { tag: 'moving' }))?.manifestId).toBe(other.manifestId);
      const operationId = uuidOf('put again for a second time');
      const again = await ports().manifests.putManifest({
        ...manifestOf(scope, 'again', { tags: ['moving'] }),
        operationId,
      });
      expect(again.manifestId).toBe(first.manifestId);
      expect((await find(scope, { tag: 'moving' }))?.digest).toBe(first.digest);
    });

    it('whose blobs are missing is refused, with every digest up to a hundred', async () => {
      const scope = await app();
      const blobs = Array.from({ length: 120 }, (_, n) => digestOf(Buffer.from(`missing ${n}`), 'sha512') as string);
      await expectRefusal(put(scope, 'incomplete', { blobs }), new ManifestBlobUnknown(undefined, { detail: blobs }));
      expect(await find(scope, { digest: digestOf(Buffer.from('incomplete')) })).toBeUndefined();
    });

    it('is deleted with its tags; the same delete again is no error, another one is', async () => {
      const scope = await app();
      const { digest } = await put(scope, 'deleted', { tags: ['d1', 'd2'] });
      const remove = (words: string) =>
        ports().manifests.deleteManifest({ scope, digest, operationId: uuidOf(`manifest ${words}`) });
      expect(await remove('delete')).toEqual({});
      expect(await remove('delete')).toEqual({});
      for (const what of [{ digest }, { tag: 'd1' }, { tag: 'd2' }]) expect(await find(scope, what)).toBeUndefined();
      await expectRefusal(remove('delete by another'), new ManifestUnknown());
    });

    it('that was deleted comes back under its old id when it is put again', async () => {
      const scope = await app();
      const { digest, manifestId } = await put(scope, 'returns', { tags: ['r'] });
      await ports().manifests.deleteManifest({ scope, digest, operationId: uuidOf('before it returns') });
      const request = { ...manifestOf(scope, 'returns', { tags: ['r'] }), operationId: uuidOf('it returns') };
      const again = await ports().manifests.putManifest(request);
      expect(again.manifestId).toBe(manifestId);
      expect((await find(scope, { tag: 'r' }))?.digest).toBe(digest);
    });

    it('that an index lists is not deleted before the index', async () => {
      const scope = await app();
      const child = await put(scope, 'child', { tags: ['child'] });
      const edges = [{ digest: child.digest, size: 5, kind: 'entry', required: true }];
      const index = await put(scope, 'index', { edges });
      const refused = new Unsupported(
        `index ${index.digest} lists this manifest; delete the index first; its tags can be deleted`,
        { detail: { index: index.digest } },
      );
      const remove = (digest: string, words: string) =>
        ports().manifests.deleteManifest({ scope, digest, operationId: uuidOf(words) });
      await expectRefusal(remove(child.digest, 'child first'), refused);
      await remove(index.digest, 'index');
      await remove(child.digest, 'then child');
    });

    it('is listed among the referrers of its subject, with type and annotations', async () => {
      const scope = await app();
      const subject = digestOf(Buffer.from('a subject that is not there'));
      const plain = await put(scope, 'signature', {
        subject,
        artifactType: 'application/sig',
        annotations: { a: 'ä', b: '' },
      });
      const other = await put(scope, 'sbom', { subject });
      const list = (artifactTypes: string[], afterId = 0) =>
        ports().manifests.listReferrers({ scope, subject, artifactTypes, afterId });
      const { referrers, more } = await list([]);
      expect(referrers.map(({ manifest }) => manifest?.digest)).toEqual([plain.digest, other.digest]);
      expect(more).toBe(false);
      expect(referrers[0]).toMatchObject({ artifactType: 'application/sig', annotations: { a: 'ä', b: '' } });
      const annotationsJson = '{"__proto__":"b","a":"\\u0000"}';
      await put(scope, 'annotated', { subject, annotationsJson });
      const asJson = { scope, subject, artifactTypes: [], afterId: 0, annotationsAsJson: true };
      const annotated = (await ports().manifests.listReferrers(asJson)).referrers;
      const expected = [JSON.stringify({ a: 'ä', b: '' }), undefined, annotationsJson];
      expect(annotated.map((each) => each.annotationsJson)).toEqual(expected);
      expect((await list(['application/sig', 'x/y'])).referrers).toHaveLength(1);
      expect((await list([], plain.manifestId)).referrers).toHaveLength(2);
    });
  });

  describe('a tag', () => {
    it('is deleted alone; the same delete again is no error, another one is', async () => {
      const scope = await app();
      const { digest } = await put(scope, 'tagged', { tags: ['t1', 't2'] });
      const remove = (words: string) =>
        ports().manifests.deleteTag({ scope, tag: 't1', operationId: uuidOf(`tag ${words}`) });
      expect(await remove('delete')).toEqual({});
      expect(await remove('delete')).toEqual({});
      expect(await find(scope, { tag: 't1' })).toBeUndefined();
      expect((await find(scope, { tag: 't2' }))?.digest).toBe(digest);
      await expectRefusal(remove('delete by another'), new ManifestUnknown());
    });

    it('is listed in byte order, page by page', async () => {
      const scope = await scopeOf(ports(), 'tags/app');
      await put(scope, 'listed', { tags: ['b', 'a', 'B', '_', 'a-1', '1'] });
      const page = (after: string, limit: number) => ports().manifests.listTags({ scope, after, limit });
      expect(await page('', 10_000)).toEqual({ tags: ['1', 'B', '_', 'a', 'a-1', 'b'], more: false });
      expect(await page('', 5)).toEqual({ tags: ['1', 'B', '_', 'a', 'a-1'], more: true });
      expect(await page('A', 2)).toEqual({ tags: ['B', '_'], more: true });
      expect(await page('', 0)).toEqual({ tags: [], more: false });
      expect(await page('b', 1)).toEqual({ tags: [], more: false });
    });

    it('of a repository that is not there is a name that is not known', async () => {
      const scope = await scopeOf(ports(), 'tags-none/app');
      await expectRefusal(ports().manifests.listTags({ scope, after: '', limit: 1 }), new NameUnknown());
      const operationId = uuidOf('nowhere');
      await expectRefusal(ports().manifests.deleteTag({ scope, tag: 'v1', operationId }), new NameUnknown());
    });
  });

  it('repositories are listed in byte order, page by page', async () => {
    for (const name of ['list/b', 'list/a', 'list/a-1']) await put(await scopeOf(ports(), name), name);
    const page = (after: string, limit: number) =>
      ports().manifests.listRepositories({ principal: 'account:1', after, limit });
    expect((await page('list/', 3)).names).toEqual(['list/a', 'list/a-1', 'list/b']);
    expect(await page('list/a', 1)).toEqual({ names: ['list/a-1'], more: true });
    expect(await page('list/', 0)).toEqual({ names: [], more: false });
  });
}
