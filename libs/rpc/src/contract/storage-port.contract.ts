import type { ReadPlanResponse } from '@lading/proto';
import { manifestOf, pushBlob, scopeOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

const NO_ONE = { repositoryId: undefined, projectId: undefined, projectPath: undefined };

/** What every adapter of `StoragePort` does. */
export function storagePortContract(ports: () => RegistryPorts): void {
  const read = async (atMs?: number) => {
    const pages: ReadPlanResponse[] = [];
    for await (const page of ports().storage.readPlan({ atMs })) pages.push(page);
    return pages;
  };

  it('says what would be free and from where, and what is there', async () => {
    const scope = await scopeOf(ports(), 'stored/app');
    const [kept, gone] = [await pushBlob(ports(), scope, 'layer'), await pushBlob(ports(), scope, 'free layer')];
    await ports().manifests.putManifest({ ...manifestOf(scope, 'kept', { blobs: [kept] }), tags: ['v1'] });
    const deleted = manifestOf(scope, 'gone', { blobs: [gone] });
    await ports().manifests.putManifest({ ...deleted, tags: ['old'] });
    await ports().manifests.deleteManifest({ scope, digest: deleted.digest, operationId: uuidOf('delete it') });

    const [first, ...pages] = await read();
    const freed = { count: 1, bytes: 10 };
    const none = { count: 0, bytes: 0 };
    expect(first).toMatchObject({
      totals: { objects: freed, shared: none, elsewhere: none, manifests: { count: 1, bytes: 4 } },
      repositories: [],
      projects: [],
    });
    const row = { path: 'stored/app', objects: freed, shared: none, manifests: { count: 1, bytes: 4 } };
    expect(pages.flatMap(({ repositories }) => repositories)).toMatchObject([row]);
    expect(pages.flatMap(({ projects }) => projects)).toMatchObject([row]);
    expect((await read(Date.now()))[0]?.totals?.objects).toEqual(none);

    const { storage } = await ports().storage.getStorage({ ...NO_ONE, projectPath: 'stored/app' });
    const figures = { exclusive: { count: 1, bytes: 5 }, shared: none, pending: freed, uploading: none };
    const manifests = { manifests: { count: 1, bytes: 4 }, deletedManifests: { count: 1, bytes: 4 } };
    expect(storage).toMatchObject({ path: 'stored/app', ...figures, ...manifests });
    const projectId = storage?.id ?? -1;
    expect(await ports().storage.getStorage({ ...NO_ONE, projectId })).toEqual({ storage });
    const repositoryId = pages.flatMap(({ repositories }) => repositories)[0]?.repositoryId ?? -1;
    const own = await ports().storage.getStorage({ ...NO_ONE, repositoryId });
    expect(own.storage).toMatchObject({ id: repositoryId, ...figures, ...manifests });
    expect(await ports().storage.getLedger({})).toMatchObject({
      named: figures.exclusive,
      waiting: freed,
      condemned: none,
      purging: none,
      uploading: none,
      links: { count: 2, bytes: 15 },
      ...manifests,
    });
  });

  it('knows nothing of what is not there', async () => {
    for (const asked of [{ repositoryId: 4_000_000 }, { projectId: 4_000_000 }, { projectPath: 'no/such' }]) {
      expect(await ports().storage.getStorage({ ...NO_ONE, ...asked })).toEqual({ storage: undefined });
    }
  });
}
