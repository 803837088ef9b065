import { Fault, Standing } from '@lading/proto';
import { pushBlob, scopeOf, sessionOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

/** What every adapter of `ReconciliationPort` does. A mark that is sent again finds it made, so what holds is its effect. */
export function reconciliationPortContract(ports: () => RegistryPorts): void {
  const name = 'damaged/app';
  const pushOne = async (words: string) => {
    const scope = await scopeOf(ports(), name);
    return { scope, digest: await pushBlob(ports(), scope, words), objectId: sessionOf(`${name} ${words}`).objectId };
  };

  it('lists what should be in the store, with digest and length', async () => {
    const { digest, objectId } = await pushOne('a whole blob');
    const { objects } = await ports().reconciliation.listStored({ after: '', limit: 5_000 });
    const found = objects.find((each) => each.objectId === objectId);
    expect(found).toMatchObject({ objectId, digest, damaged: false });
    expect(found?.size).toBeGreaterThan(0);
  });

  it('what is damaged is promised to nobody until it is whole', async () => {
    const { scope, digest, objectId } = await pushOne('a damaged blob');
    const { reconciliation, blobs } = ports();
    await reconciliation.markDamaged({ objectId, fault: Fault.FAULT_LENGTH });
    expect(await blobs.keepBlob({ scope, digest })).toEqual({});
    expect((await blobs.findBlob({ scope, digest })).blob?.damaged).toBe(true);
    expect((await reconciliation.countDamaged({})).damaged).toBeGreaterThan(0);
    await reconciliation.markWhole({ objectId });
    expect((await blobs.keepBlob({ scope, digest })).blob?.objectId).toBe(objectId);
  });

  it('describes objects in the order asked', async () => {
    const { objectId } = await pushOne('a described blob');
    const objectIds = [uuidOf('nobody'), objectId];
    const { standings } = await ports().reconciliation.describeObjects({ objectIds, olderThanMs: 0 });
    expect(standings).toEqual([Standing.STANDING_UNKNOWN_RECENT, Standing.STANDING_EXPECTED]);
  });

  it('an epoch is beyond those before it, and of one installation', async () => {
    const { reconciliation } = ports();
    const { epoch: before } = await reconciliation.getEpoch({});
    const { epoch: after } = await reconciliation.advanceEpoch({ beyond: 500 });
    expect(after?.epoch).toBeGreaterThan(Math.max(500, before?.epoch ?? 0));
    expect(after?.installationId).toBe(before?.installationId);
  });
}
