import { Conflict, ManifestUnknown, NameUnknown } from '@lading/oci';
import { DeletedKind } from '@lading/proto';
import { expectRefusal } from './expect-refusal.js';
import { manifestOf, pushBlob, scopeOf } from './push.js';
import type { RegistryPorts } from './registry-ports.js';
import { uuidOf } from './uuid-of.js';

const PRINCIPAL = 'account:1';

/** What every adapter of `DeletionPort` does. */
export function deletionPortContract(ports: () => RegistryPorts): void {
  const push = async (name: string, tag: string) => {
    const scope = await scopeOf(ports(), name);
    const blob = await pushBlob(ports(), scope, `layer of ${name} ${tag}`);
    const put = { ...manifestOf(scope, `${name} ${tag}`, { blobs: [blob] }), tags: [tag] };
    await ports().manifests.putManifest(put);
    return { scope: await scopeOf(ports(), name), digest: put.digest };
  };
  const found = async (name: string, tag: string) => {
    const scope = await scopeOf(ports(), name);
    return (await ports().manifests.findManifest({ scope, tag })).manifest?.digest;
  };
  const by = (words: string) => ({ principal: PRINCIPAL, operationId: uuidOf(words) });

  it('hides a repository, lists it, and brings it back', async () => {
    const name = 'deleted/app/web';
    const { scope, digest } = await push(name, 'v1');
    const operationId = uuidOf('delete web');
    const { repositoryId } = await ports().deletions.deleteRepository({ scope, operationId });
    expect(await found(name, 'v1')).toBeUndefined();
    const { deleted } = await ports().deletions.listDeleted({ name, after: '', limit: 10 });
    expect(deleted).toMatchObject([
      { kind: DeletedKind.DELETED_KIND_REPOSITORY, name, id: repositoryId, operation: operationId, reason: 'request' },
    ]);
    const restored = await ports().deletions.restoreRepository({ name, ...by('restore web') });
    expect(restored).toEqual({ repositoryId, name });
    expect(await found(name, 'v1')).toBe(digest);
  });

  it('refuses a restore where something else has the name by now', async () => {
    const name = 'deleted/app/taken';
    const { scope } = await push(name, 'v1');
    await ports().deletions.deleteRepository({ scope, operationId: uuidOf('delete taken') });
    await push(name, 'v2');
    await expectRefusal(
      ports().deletions.restoreRepository({ name, ...by('restore taken') }),
      new Conflict(`a repository of the name ${name} is there; restore under another name`, { detail: { name } }),
    );
    const as = 'deleted/app/taken-old';
    await ports().deletions.restoreRepository({ name, as, ...by('restore taken elsewhere') });
    expect(await found(as, 'v1')).toBeDefined();
  });

  it('hides a project with its repositories, and brings all back', async () => {
    const { digest } = await push('deleted/whole/web', 'v1');
    const deleted = await ports().deletions.deleteProject({ path: 'deleted/whole', ...by('delete whole') });
    expect(deleted).toMatchObject({ repositories: 1 });
    expect(await found('deleted/whole/web', 'v1')).toBeUndefined();
    const restored = await ports().deletions.restoreProject({ path: 'deleted/whole', ...by('restore whole') });
    expect(restored).toEqual(deleted);
    expect(await found('deleted/whole/web', 'v1')).toBe(digest);
  });

  it('puts a tag back, and says what never was', async () => {
    const { scope, digest } = await push('deleted/app/tags', 'v1');
    await ports().manifests.deleteTag({ scope, tag: 'v1', operationId: uuidOf('delete v1') });
    const answer = await ports().deletions.restoreTag({ scope, tag: 'v1', operationId: uuidOf('restore v1') });
    expect(answer).toEqual({ digest });
    await expectRefusal(
      ports().deletions.restoreTag({ scope, tag: 'never', operationId: uuidOf('restore never') }),
      new ManifestUnknown('the tag never was not deleted or moved here'),
    );
  });

  it('ends the time for a restore, and what is gone is judged and dropped', async () => {
    const name = 'deleted/app/purged';
    const { scope, digest } = await push(name, 'v1');
    await ports().manifests.deleteManifest({ scope, digest, operationId: uuidOf('delete purged') });
    const kind = DeletedKind.DELETED_KIND_MANIFEST;
    await ports().deletions.purgeDeleted({ kind, name, digest, ...by('purge manifest') });
    const { deleted } = await ports().deletions.listDeleted({ name, after: '', limit: 10 });
    expect(deleted).toEqual([]);
    const { repositoryId } = await ports().deletions.deleteRepository({ scope, operationId: uuidOf('delete all') });
    const repository = DeletedKind.DELETED_KIND_REPOSITORY;
    await ports().deletions.purgeDeleted({ kind: repository, name, ...by('purge repository') });
    await ports().collection.dropRepositories({ repositoryIds: [repositoryId] });
    await expectRefusal(
      ports().deletions.restoreRepository({ name, ...by('too late') }),
      new NameUnknown(`no deleted repository had the name ${name}`),
    );
    const { judgements } = await ports().collection.dropProjects({ projectIds: [2 ** 40] });
    expect(judgements).toHaveLength(1);
  });
}
