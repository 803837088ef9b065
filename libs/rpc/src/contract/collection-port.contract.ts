import { scopeOf, sessionOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

/**
 * What every adapter of `CollectionPort` does. Its counts are of the attempt that was answered: a call sent again finds
 * its work done, so what holds is what is left to do, never how much was.
 */
export function collectionPortContract(ports: () => RegistryPorts): void {
  const cancelled = async (...words: string[]) => {
    const scope = await scopeOf(ports(), 'collected/app');
    for (const each of words) {
      const session = sessionOf(each);
      await ports().uploads.beginUpload({ scope, ...session });
      await ports().uploads.abortUpload({ scope, uploadId: session.uploadId, operationId: uuidOf(`cancel ${each}`) });
    }
    return words.map((each) => sessionOf(each).objectId);
  };
  const purgeable = async () => (await ports().collection.listPurgeable({ limit: 500 })).objectIds;

  describe('an object whose upload was cancelled', () => {
    it('is listed until its bytes are gone, the longest waiting first', async () => {
      const [first, second] = await cancelled('first', 'second');
      const listed = (await purgeable()).filter((id) => id === first || id === second);
      expect(listed).toEqual([first, second]);
      const one = await ports().collection.listPurgeable({ limit: 1 });
      expect(one.objectIds).toHaveLength(1);
      await ports().collection.markPurged({ objectIds: [first as string] });
      expect(await purgeable()).not.toContain(first);
      expect(await purgeable()).toContain(second);
    });

    it('comes later after its delete failed', async () => {
      const [objectId] = (await cancelled('stubborn')) as [string];
      expect(await ports().collection.postponePurge({ objectId })).toEqual({});
      expect(await purgeable()).not.toContain(objectId);
    });
  });

  it('objects that are in use are not purged, whatever is asked', async () => {
    const scope = await scopeOf(ports(), 'collected/app');
    const session = sessionOf('in use');
    await ports().uploads.beginUpload({ scope, ...session });
    expect(await ports().collection.markPurged({ objectIds: [session.objectId] })).toEqual({ purged: 0 });
    await ports().collection.postponePurge({ objectId: session.objectId });
    expect(await ports().collection.expireUploads({ limit: 500 })).toEqual({ expired: 0 });
    expect(await ports().collection.forgetFinished({ limit: 500 })).toEqual({ forgotten: 0 });
    const { upload } = await ports().uploads.getUpload({ scope, uploadId: session.uploadId });
    expect(upload?.offset).toBe(0);
  });
}
