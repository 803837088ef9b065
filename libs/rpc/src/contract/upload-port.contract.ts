import { BlobUploadUnknown, digestOf, RangeNotSatisfiable, Unauthorized } from '@lading/oci';
import type { Scope } from '@lading/proto';
import { expectRefusal } from './expect-refusal.js';
import { manifestOf, pushBlob, scopeOf, sessionOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

/** What every adapter of `UploadPort` does. */
export function uploadPortContract(ports: () => RegistryPorts): void {
  const begin = async (words: string) => {
    const scope = await scopeOf(ports(), 'uploads/app');
    const session = sessionOf(words);
    const { upload } = await ports().uploads.beginUpload({ scope, ...session });
    return { scope, session, uploadId: session.uploadId, upload };
  };
  const claim = (scope: Scope, uploadId: string, words: string, expectedOffset?: number) =>
    ports().uploads.claimUpload({ scope, uploadId, claimId: uuidOf(words), expectedOffset });

  describe('an upload', () => {
    it('begins at nothing, and is found again as it was begun', async () => {
      const { scope, session, upload } = await begin('begun');
      expect(upload).toEqual({
        ...session,
        offset: 0,
        sealed: false,
        epoch: 0,
        digest: undefined,
        principal: 'account:1',
        openedAtMs: expect.any(Number),
        ttlMs: expect.any(Number),
        repositoryId: expect.any(Number),
      });
      expect((await ports().uploads.getUpload({ scope, uploadId: session.uploadId })).upload).toEqual(upload);
    });

    it('is known in its own repository only', async () => {
      const { uploadId } = await begin('own repository');
      const other = await scopeOf(ports(), 'uploads/other');
      await pushBlob(ports(), other, 'other repository');
      await expectRefusal(ports().uploads.getUpload({ scope: other, uploadId }), new BlobUploadUnknown());
      await expectRefusal(claim(other, uploadId, 'elsewhere'), new BlobUploadUnknown());
    });

    it('gives each claim an epoch of its own, and the same claim the same', async () => {
      const { scope, uploadId } = await begin('epochs');
      const epochs = [];
      for (const words of ['one', 'one', 'two']) epochs.push((await claim(scope, uploadId, words, 0)).upload?.epoch);
      expect(epochs).toEqual([1, 1, 2]);
    });

    it('refuses a claim at another offset, says where it stands, and changes nothing', async () => {
      const { scope, uploadId } = await begin('out of order');
      await claim(scope, uploadId, 'writer');
      expect(await ports().uploads.recordProgress({ uploadId, epoch: 1, offset: 70 })).toEqual({ held: true });
      const refused = new RangeNotSatisfiable(undefined, { data: { offset: 70 } });
      for (const offset of [0, 69, 71]) await expectRefusal(claim(scope, uploadId, `at ${offset}`, offset), refused);
      expect((await ports().uploads.getUpload({ scope, uploadId })).upload).toMatchObject({ offset: 70, epoch: 1 });
      expect((await claim(scope, uploadId, 'right', 70)).upload).toMatchObject({ offset: 70, epoch: 2 });
    });

    it('takes no progress of a writer that was superseded', async () => {
      const { scope, uploadId } = await begin('superseded');
      await claim(scope, uploadId, 'older');
      await claim(scope, uploadId, 'newer');
      expect(await ports().uploads.recordProgress({ uploadId, epoch: 1, offset: 9 })).toEqual({ held: false });
      expect((await ports().uploads.getUpload({ scope, uploadId })).upload?.offset).toBe(0);
    });

    it('is not taken back by a record that arrives after a later one', async () => {
      const { scope, uploadId } = await begin('late record');
      await claim(scope, uploadId, 'writer');
      for (const offset of [200, 100]) await ports().uploads.recordProgress({ uploadId, epoch: 1, offset });
      expect((await ports().uploads.getUpload({ scope, uploadId })).upload?.offset).toBe(200);
    });

    it('keeps what the store noted with its offset, for whoever claims it, and changes nothing that is sealed', async () => {
      const { scope, uploadId } = await begin('store state');
      const record = (epoch: number, offset: number, storeState?: string, sealed?: boolean) =>
        ports().uploads.recordProgress({ uploadId, epoch, offset, storeState, sealed });
      const noted = async () => (await ports().uploads.getUpload({ scope, uploadId })).upload;
      await claim(scope, uploadId, 'writer');
      expect((await noted())?.storeState).toBeUndefined();
      await record(1, 200, 'of 200');
      await record(1, 100, 'of 100, late');
      await record(1, 200);
      expect(await noted()).toMatchObject({ offset: 200, storeState: 'of 200', sealed: false });
      const { upload } = await claim(scope, uploadId, 'next');
      expect(upload).toMatchObject({ offset: 200, storeState: 'of 200', sealed: false });
      expect(await record(1, 300, 'of an older writer', true)).toEqual({ held: false });
      await record(2, 200, 'sealed', true);
      await record(2, 200, 'not sealed, late');
      expect(await noted()).toMatchObject({ offset: 200, storeState: 'sealed', sealed: true });
    });

    it('ends with the blob in its repository, and is answered again like the first time', async () => {
      const { scope, session, uploadId } = await begin('finished');
      const { upload } = await claim(scope, uploadId, 'writer');
      const digest = digestOf(Buffer.from('finished'));
      const finish = { scope, uploadId, epoch: upload?.epoch ?? -1, digest, size: 8 };
      expect(await ports().uploads.finishUpload(finish)).toEqual({ objectId: session.objectId });
      expect(await ports().uploads.finishUpload(finish)).toEqual({ objectId: session.objectId });
      const { blob } = await ports().blobs.findBlob({ scope, digest });
      expect(blob).toMatchObject({ objectId: session.objectId, size: 8 });
      expect((await claim(scope, uploadId, 'again')).upload?.digest).toBe(digest);
      const other = digestOf(Buffer.from('other'));
      await expectRefusal(ports().uploads.finishUpload({ ...finish, digest: other }), new BlobUploadUnknown());
    });

    it('of bytes that are there already ends with the object that has them', async () => {
      const { scope, uploadId } = await begin('duplicate');
      await pushBlob(ports(), scope, 'bytes twice');
      const { upload } = await claim(scope, uploadId, 'writer');
      const digest = digestOf(Buffer.from('bytes twice'));
      const finish = { scope, uploadId, epoch: upload?.epoch ?? -1, digest, size: 11 };
      const { objectId } = sessionOf('uploads/app bytes twice');
      expect(await ports().uploads.finishUpload(finish)).toEqual({ objectId });
    });

    it('is not ended by a writer that was superseded', async () => {
      const { scope, uploadId } = await begin('superseded end');
      await claim(scope, uploadId, 'older end');
      await claim(scope, uploadId, 'newer end');
      const finish = { scope, uploadId, epoch: 1, digest: digestOf(Buffer.from('superseded')), size: 10 };
      await expectRefusal(ports().uploads.finishUpload(finish), new BlobUploadUnknown());
    });

    it('is gone once it is cancelled; the same cancel again is no error, another one is', async () => {
      const { scope, uploadId } = await begin('cancelled');
      const cancel = (words: string) => ports().uploads.abortUpload({ scope, uploadId, operationId: uuidOf(words) });
      expect(await cancel('cancel')).toEqual({});
      expect(await cancel('cancel')).toEqual({});
      await expectRefusal(cancel('cancel by another'), new BlobUploadUnknown());
      await expectRefusal(ports().uploads.getUpload({ scope, uploadId }), new BlobUploadUnknown());
      await expectRefusal(claim(scope, uploadId, 'too late'), new BlobUploadUnknown());
      expect(await ports().uploads.recordProgress({ uploadId, epoch: 0, offset: 1 })).toEqual({ held: false });
    });

    it('is refused to a grant of a project that is not there', async () => {
      const { scope } = await begin('stale grant');
      const stale = { ...scope, projectId: 999_999 };
      const refused = new Unauthorized('the token was given for a project that is no longer at this path', {
        data: { error: 'invalid_token' },
      });
      await expectRefusal(ports().uploads.getUpload({ scope: stale, uploadId: uuidOf('x') }), refused);
    });

    it('makes its repository, which is in no list before it has a manifest', async () => {
      const scope = await scopeOf(ports(), 'uploads-new/app');
      await ports().uploads.beginUpload({ scope, ...sessionOf('first of all') });
      const names = async () =>
        (await ports().manifests.listRepositories({ principal: 'account:1', after: 'uploads-n', limit: 1 })).names;
      expect(await names()).not.toContain('uploads-new/app');
      await ports().manifests.putManifest(manifestOf(scope, 'first manifest'));
      expect(await names()).toContain('uploads-new/app');
    });
  });
}
