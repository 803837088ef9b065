import type { ReadSnapshotResponse } from '@lading/proto';
import { manifestOf, pushBlob, scopeOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

/** What every adapter of `SnapshotPort` does. */
export function snapshotPortContract(ports: () => RegistryPorts): void {
  const read = async () => {
    const pages: ReadSnapshotResponse[] = [];
    for await (const page of ports().snapshots.readSnapshot({})) pages.push(page);
    return pages;
  };

  it('gives the cursor first, and then all that is live', async () => {
    const scope = await scopeOf(ports(), 'snapshot/app');
    const blob = await pushBlob(ports(), scope, 'layer');
    const kept = { ...manifestOf(scope, 'kept', { blobs: [blob] }), tags: ['v1', 'v2'] };
    await ports().manifests.putManifest(kept);
    const gone = { ...manifestOf(scope, 'gone'), tags: ['old'] };
    await ports().manifests.putManifest(gone);
    await ports().manifests.deleteManifest({ scope, digest: gone.digest, operationId: uuidOf('delete gone') });

    const [first, ...pages] = await read();
    const none = { projects: [], repositories: [], manifests: [], tags: [], blobs: [] };
    expect(first).toEqual({ cursor: expect.stringMatching(/^\d+$/), storeVersion: expect.any(Number), ...none });
    expect(pages.map(({ cursor }) => cursor)).toEqual(pages.map(() => undefined));
    const [repository] = pages.flatMap(({ repositories }) => repositories);
    const repositoryId = repository?.repositoryId ?? -1;
    expect(pages.flatMap(({ projects }) => projects)).toMatchObject([
      { projectId: repository?.projectId, path: 'snapshot/app', visibility: 'private', version: 1 },
    ]);
    // A blob, two manifests with three tags, and a delete.
    expect(repository).toMatchObject({ path: 'snapshot/app', version: 7 });
    const [manifest, ...others] = pages.flatMap(({ manifests }) => manifests);
    expect(manifest).toMatchObject({ repositoryId, digest: kept.digest, size: 4, subject: undefined });
    expect(others).toEqual([]);
    const tag = { repositoryId, digest: kept.digest, manifestId: manifest?.manifestId };
    expect(pages.flatMap(({ tags }) => tags)).toEqual([
      { ...tag, tag: 'v1' },
      { ...tag, tag: 'v2' },
    ]);
    expect(pages.flatMap(({ blobs }) => blobs)).toMatchObject([{ repositoryId, digest: blob, size: 5 }]);
  });
}
