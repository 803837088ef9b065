import { Outcome } from '@lading/proto';
import { pushBlob, scopeOf, sessionOf } from './push.js';
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
    expect(await ports().collection.markPurged({ objectIds: [session.objectId] })).toEqual({ purged: 0, bytes: 0 });
    await ports().collection.postponePurge({ objectId: session.objectId });
    expect(await ports().collection.expireUploads({ limit: 500 })).toEqual({ expired: 0 });
    expect(await ports().collection.forgetFinished({ limit: 500 })).toEqual({ forgotten: 0 });
    const { upload } = await ports().uploads.getUpload({ scope, uploadId: session.uploadId });
    expect(upload?.offset).toBe(0);
  });

  describe('what the collector asks to be removed', () => {
    const outcomes = (judgements: readonly { outcome: Outcome }[]) => judgements.map(({ outcome }) => outcome);

    it('is judged one by one, in the order asked, and what nobody knows is absent', async () => {
      const { collection } = ports();
      const objectIds = [uuidOf('nobody'), uuidOf('nowhere')];
      const absent = [Outcome.OUTCOME_ABSENT, Outcome.OUTCOME_ABSENT];
      expect(outcomes((await collection.condemnObjects({ objectIds })).judgements)).toEqual(absent);
      const manifestIds = [4_000_000_001, 4_000_000_002];
      expect(outcomes((await collection.expungeManifests({ manifestIds })).judgements)).toEqual(absent);
      expect(outcomes((await collection.collectUntagged({ manifestIds })).judgements)).toEqual(absent);
      const links = manifestIds.map((repositoryId) => ({ repositoryId, digest: `sha256:${'0'.repeat(64)}` }));
      expect(outcomes((await collection.removeLinks({ links })).judgements)).toEqual(absent);
    });

    it('stays while its time is not over, and the answer says when that is', async () => {
      const digest = await pushBlob(ports(), await scopeOf(ports(), 'collected/app'), 'a fresh blob');
      const { uploadId, objectId } = sessionOf('collected/app a fresh blob');
      const { upload } = await ports().uploads.getUpload({ scope: await scopeOf(ports(), 'collected/app'), uploadId });
      const repositoryId = upload?.repositoryId ?? 0;
      const { judgements } = await ports().collection.condemnObjects({ objectIds: [uuidOf('nobody'), objectId] });
      expect(outcomes(judgements)).toEqual([Outcome.OUTCOME_ABSENT, Outcome.OUTCOME_LATER]);
      expect(judgements[1]?.dueAtMs).toBeGreaterThan(Date.now());
      const kept = await ports().collection.removeLinks({ links: [{ repositoryId, digest }] });
      expect(outcomes(kept.judgements)).toEqual([Outcome.OUTCOME_LATER]);
      expect(await ports().collection.claimObjects({ limit: 500 })).toEqual({ claimed: 0 });
    });
  });
}
