import { BlobUnknown, digestOf, NameUnknown, Unsupported } from '@lading/oci';
import type { Scope } from '@lading/proto';
import { expectRefusal } from './expect-refusal.js';
import { manifestOf, pushBlob, scopeOf, sessionOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

/** What every adapter of `BlobPort` does. */
export function blobPortContract(ports: () => RegistryPorts): void {
  const pushed = async (words: string, name = 'blobs/app') => {
    await pushBlob(ports(), await scopeOf(ports(), name), words);
    return { scope: await scopeOf(ports(), name), digest: digestOf(Buffer.from(words)) as string };
  };
  const remove = (scope: Scope, digest: string, words: string) =>
    ports().blobs.deleteBlob({ scope, digest, operationId: uuidOf(`delete ${words}`) });
  const finds = async (scope: Scope, digest: string) => (await ports().blobs.findBlob({ scope, digest })).blob;

  describe('a blob', () => {
    it('is found with its object and size, kept or not, and nowhere else', async () => {
      const { scope, digest } = await pushed('found');
      const { objectId } = sessionOf('blobs/app found');
      expect(await finds(scope, digest)).toMatchObject({ objectId, size: 5 });
      expect((await ports().blobs.keepBlob({ scope, digest })).blob).toMatchObject({ objectId, size: 5 });
      const { scope: other } = await pushed('other', 'blobs/other');
      expect(await finds(other, digest)).toBeUndefined();
      expect((await ports().blobs.keepBlob({ scope: other, digest })).blob).toBeUndefined();
      expect(await finds(await scopeOf(ports(), 'blobs-none/app'), digest)).toBeUndefined();
    });

    it('is mounted from a repository that shows it, once however often it is asked', async () => {
      const { scope: from, digest } = await pushed('mounted');
      const scope = await scopeOf(ports(), 'blobs-to/app');
      expect(await ports().blobs.mountBlob({ scope, digest, from })).toEqual({ mounted: true });
      expect(await ports().blobs.mountBlob({ scope, digest, from })).toEqual({ mounted: true });
      expect(await finds(scope, digest)).toMatchObject({ size: 7 });
    });

    it('is not mounted from one that shows it not, or that is not there, or with a stale grant', async () => {
      const { scope: from } = await pushed('not this one');
      const digest = digestOf(Buffer.from('nowhere'));
      const scope = await scopeOf(ports(), 'blobs/target');
      const none = await scopeOf(ports(), 'blobs-none/app');
      const stale = { ...from, projectId: 999_999 };
      for (const source of [from, none, stale]) {
        expect(await ports().blobs.mountBlob({ scope, digest, from: source })).toEqual({ mounted: false });
      }
    });

    it('names the repositories it could be mounted from, this one first, then its project', async () => {
      const { scope, digest } = await pushed('sources', 'sources/app/a');
      await pushed('sources', 'sources-other/app');
      await pushed('sources', 'sources/app/b');
      const { names } = await ports().blobs.listMountSources({ scope, digest });
      expect(names).toEqual(['sources/app/a', 'sources/app/b', 'sources-other/app']);
    });

    it('is deleted in its repository alone; the same delete again is no error, another one is', async () => {
      const { scope, digest } = await pushed('deleted');
      const { scope: other } = await pushed('deleted', 'blobs/keeps');
      expect(await remove(scope, digest, 'once')).toEqual({});
      expect(await remove(scope, digest, 'once')).toEqual({});
      expect(await finds(scope, digest)).toBeUndefined();
      expect(await finds(other, digest)).toMatchObject({ size: 7 });
      await expectRefusal(remove(scope, digest, 'by another'), new BlobUnknown());
      await expectRefusal(remove(await scopeOf(ports(), 'blobs-none/app'), digest, 'nowhere'), new NameUnknown());
    });

    it('that a manifest holds is not deleted, and the refusal names the manifest', async () => {
      const { scope, digest } = await pushed('held');
      const put = manifestOf(scope, 'holder', { blobs: [digest] });
      await ports().manifests.putManifest(put);
      const refused = new Unsupported(`manifest ${put.digest} holds this blob; delete the manifest first`, {
        detail: { manifest: put.digest },
      });
      await expectRefusal(remove(scope, digest, 'held'), refused);
      await ports().manifests.deleteManifest({ scope, digest: put.digest, operationId: uuidOf('delete holder') });
      expect(await remove(scope, digest, 'no longer held')).toEqual({});
      expect(await finds(scope, digest)).toBeUndefined();
    });
  });
}
