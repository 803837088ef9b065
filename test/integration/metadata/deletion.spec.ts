import { randomUUID } from 'node:crypto';
import { DeletedKind, Outcome } from '@lading/proto';
import { freshName, image, index, pushed, upload } from './support/content.js';
import { PRINCIPAL, Registry } from './support/registry.js';
import { malformedEvents, violations } from './support/violations.js';

let registry: Registry;
beforeEach(async () => {
  registry = await Registry.open();
});
afterEach(async () => {
  expect(await violations(registry)).toEqual([]);
  expect(await malformedEvents(registry)).toEqual([]);
  await registry.close();
});

type Pushed = Awaited<ReturnType<typeof pushed>>;

const operationId = () => randomUUID() as string;
const remove = ({ scope }: Pick<Pushed, 'scope'>, operation = operationId()) =>
  registry.deletions.deleteRepository({ scope, operationId: operation });
const restore = (name: string, more: { as?: string; repositoryId?: number; operationId?: string } = {}) =>
  registry.deletions.restoreRepository({ name, principal: PRINCIPAL, operationId: operationId(), ...more });
const removeProject = (path: string, operation = operationId()) =>
  registry.deletions.deleteProject({ path, principal: PRINCIPAL, operationId: operation });
const restoreProject = (path: string, more: { projectId?: number; operationId?: string } = {}) =>
  registry.deletions.restoreProject({ path, principal: PRINCIPAL, operationId: operationId(), ...more });
const find = async ({ scope }: Pick<Pushed, 'scope'>, asked: { tag?: string; digest?: string }) =>
  (await registry.manifests.findManifest({ scope, ...asked })).manifest;
const listed = async (name: string, limit = 100, after = '') => registry.deletions.listDeleted({ name, limit, after });
const age = (what: string, minutes = 61) =>
  registry.rows(`UPDATE registry.${what} SET deleted_at = deleted_at - $1 * interval '1 minute'`, [minutes]);
const lastEvents = async (limit: number) =>
  (await registry.rows<{ type: string }>('SELECT type FROM registry.outbox ORDER BY seq DESC LIMIT $1', [limit])).map(
    ({ type }) => type.replace('dev.lading.', ''),
  );
const drop = async (...repositoryIds: number[]) =>
  (await registry.collection.dropRepositories({ repositoryIds })).judgements.map(({ outcome }) => outcome);
const dropProject = async (...projectIds: number[]) =>
  (await registry.collection.dropProjects({ projectIds })).judgements.map(({ outcome }) => outcome);
const count = async (table: string) =>
  (await registry.rows<{ n: number }>(`SELECT count(*)::int AS n FROM registry.${table}`))[0]?.n;

describe('DELETE of a repository', () => {
  it('hides all that is in it at once, and its name is free for another one', async () => {
    const it = await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    await remove(it);
    expect(await find(it, { tag: 'v1' })).toBeUndefined();
    expect(await find(it, { digest: it.digest })).toBeUndefined();
    expect((await registry.blobs.findBlob({ scope: it.scope, digest: it.blob.digest })).blob).toBeUndefined();
    const { names } = await registry.manifests.listRepositories({ principal: PRINCIPAL, after: '', limit: 10 });
    expect(names).toEqual([]);
    const other = await pushed(registry, 'acme/app/web', { tags: ['v2'] });
    expect(await find(other, { tag: 'v1' })).toBeUndefined();
    expect(await find(other, { tag: 'v2' })).toBeDefined();
  });

  it('asked twice with one operation is done once, also when another is there by then', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const operation = operationId();
    const first = await remove(it, operation);
    const other = await pushed(registry, it.scope.name, { tags: ['v1'] });
    expect(await remove(it, operation)).toEqual(first);
    expect(await find(other, { tag: 'v1' })).toBeDefined();
  });

  it('is refused where there is none, or only blobs so far', async () => {
    const scope = await registry.scope(freshName());
    await expect(remove({ scope })).rejects.toMatchObject({ kind: 'nameUnknown' });
    await upload(registry, scope);
    await expect(remove({ scope: await registry.scope(scope.name) })).rejects.toMatchObject({ kind: 'nameUnknown' });
  });

  it('T15: is refused where a tag in it is immutable', async () => {
    const it = await pushed(registry, freshName(), { tags: ['latest', 'v1'] });
    const { projectId } = it.scope as { projectId: number };
    const rules = { projectId, version: 0, tagRules: [{ id: 0, pattern: '^v' }] };
    await registry.rules.putProjectRules({ rules, operationId: operationId(), principal: PRINCIPAL });
    await expect(remove(it)).rejects.toMatchObject({ kind: 'denied', detail: { tag: 'v1' } });
    expect(await find(it, { tag: 'latest' })).toBeDefined();
  });

  it('T8: refuses what goes on in it: an upload, and a push that knew its blobs', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const open = { scope: it.scope, uploadId: operationId(), objectId: operationId() };
    await registry.uploads.beginUpload({ ...open, algorithm: 'sha256' });
    await remove(it);
    const end = { scope: it.scope, uploadId: open.uploadId, epoch: 0, digest: it.blob.digest, size: 10 };
    await expect(registry.uploads.finishUpload(end)).rejects.toMatchObject({ kind: 'blobUploadUnknown' });
    const put = registry.manifests.putManifest(image(it.scope, [it.blob.digest]));
    await expect(put).rejects.toMatchObject({ kind: 'manifestBlobUnknown' });
  });
});

describe('T3: restore of a repository', () => {
  it('brings back tags, manifests and blobs as they were, under the same id', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1', 'v2'] });
    await registry.manifests.deleteTag({ scope: it.scope, tag: 'v2', operationId: operationId() });
    const before = await find(it, { tag: 'v1' });
    const { repositoryId } = await remove(it);
    expect(await restore(it.scope.name)).toEqual({ repositoryId, name: it.scope.name });
    expect(await find(it, { tag: 'v1' })).toEqual(before);
    expect(await find(it, { tag: 'v2' })).toBeUndefined();
    expect((await registry.blobs.findBlob({ scope: it.scope, digest: it.blob.digest })).blob).toBeDefined();
    expect(await lastEvents(2)).toEqual(['repository.restored.v1', 'repository.deleted.v1']);
  });

  it('is refused where the name is taken, and then goes under another name of its project', async () => {
    const it = await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    await remove(it);
    await pushed(registry, 'acme/app/web', { tags: ['v9'] });
    await expect(restore('acme/app/web')).rejects.toMatchObject({ kind: 'conflict', detail: { name: 'acme/app/web' } });
    await expect(restore('acme/app/web', { as: 'other/app/web' })).rejects.toMatchObject({ kind: 'nameInvalid' });
    await restore('acme/app/web', { as: 'acme/app/web-old' });
    const scope = await registry.scope('acme/app/web-old');
    expect(await find({ scope }, { tag: 'v1' })).toBeDefined();
  });

  it('is refused under a name that is too deep to be pushed to, or pulled from', async () => {
    const it = await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    await remove(it);
    await expect(restore('acme/app/web', { as: 'acme/app/a/b/c' })).rejects.toMatchObject({ kind: 'denied' });
    await restore('acme/app/web', { as: 'acme/app/a/b' });
  });

  it('takes the one that was deleted last, or the one that is named', async () => {
    const ids: number[] = [];
    for (const tag of ['first', 'second']) {
      const it = await pushed(registry, 'acme/app/web', { tags: [tag] });
      ids.push((await remove(it)).repositoryId);
    }
    await restore('acme/app/web', { repositoryId: ids[0] as number });
    const scope = await registry.scope('acme/app/web');
    expect(await find({ scope }, { tag: 'first' })).toBeDefined();
    await remove({ scope });
    await restore('acme/app/web', { repositoryId: ids[1] as number });
    expect(await find({ scope }, { tag: 'second' })).toBeDefined();
  });

  it('is over after its time, and once its removal has begun', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await remove(it);
    await age('repository');
    await expect(restore(it.scope.name)).rejects.toMatchObject({ kind: 'gone' });
    await registry.rows('UPDATE registry.repository SET deleted_at = clock_timestamp(), expunging = true');
    await expect(restore(it.scope.name)).rejects.toMatchObject({ kind: 'gone' });
  });

  it('asked twice with one operation is done once', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await remove(it);
    const operation = operationId();
    const first = await restore(it.scope.name, { operationId: operation });
    await remove(it);
    await expect(restore(it.scope.name, { operationId: operation })).rejects.toMatchObject({ kind: 'nameUnknown' });
    await restore(it.scope.name);
    expect(await restore(it.scope.name, { operationId: operation })).toEqual(first);
  });

  it('finds what the collector took meanwhile as it would have been without the delete', async () => {
    const it = await pushed(registry, freshName());
    await remove(it);
    await registry.rows(`UPDATE registry.manifest SET untagged_at = clock_timestamp() - interval '2 hours'`);
    await registry.collection.collectUntagged({ manifestIds: [it.manifestId] });
    await restore(it.scope.name);
    expect(await find(it, { digest: it.digest })).toBeUndefined();
    await registry.manifests.restoreManifest({
      ...{ scope: it.scope, digest: it.digest, withoutTags: false },
      operationId: operationId(),
    });
    expect(await find(it, { digest: it.digest })).toBeDefined();
  });
});

describe('a deleted project', () => {
  it('is gone with its repositories, and back with those that went with it', async () => {
    const web = await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    const api = await pushed(registry, 'acme/app/api', { tags: ['v1'] });
    const before = await pushed(registry, 'acme/app/old', { tags: ['v1'] });
    await remove(before);
    expect(await removeProject('acme/app')).toMatchObject({ repositories: 2 });
    for (const { scope } of [web, api])
      await expect(find({ scope }, { tag: 'v1' })).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(await restoreProject('acme/app')).toMatchObject({ repositories: 2 });
    for (const each of [web, api]) expect(await find(each, { tag: 'v1' })).toBeDefined();
    expect(await find(before, { tag: 'v1' })).toBeUndefined();
    expect(await lastEvents(3)).toEqual(['project.restored.v1', 'repository.restored.v1', 'repository.restored.v1']);
  });

  it('T9: leaves its path free at once, and a grant for it reaches nothing at the new one', async () => {
    const old = await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    await removeProject('acme/app');
    const made = await pushed(registry, 'acme/app/web', { tags: ['v2'] });
    await expect(find(old, { tag: 'v2' })).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(await find(made, { tag: 'v2' })).toBeDefined();
    await expect(restoreProject('acme/app')).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('keeps its repositories from coming back one by one', async () => {
    await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    await removeProject('acme/app');
    await expect(restore('acme/app/web')).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('asked twice with one operation is deleted and restored once', async () => {
    await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    const [first, second] = [operationId(), operationId()];
    const deleted = await removeProject('acme/app', first);
    expect(await removeProject('acme/app', first)).toEqual(deleted);
    const restored = await restoreProject('acme/app', { operationId: second });
    expect(await restoreProject('acme/app', { operationId: second })).toEqual(restored);
    await expect(removeProject('acme/none')).rejects.toMatchObject({ kind: 'nameUnknown' });
    await expect(restoreProject('acme/none')).rejects.toMatchObject({ kind: 'nameUnknown' });
  });

  it('goes for good after its last repository, when its time is over', async () => {
    await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    const { projectId } = await removeProject('acme/app');
    const [repository] = await registry.rows<{ id: number }>('SELECT id FROM registry.repository');
    const id = repository?.id as number;
    expect(await drop(id)).toEqual([Outcome.OUTCOME_LATER]);
    expect(await dropProject(projectId)).toEqual([Outcome.OUTCOME_NEEDED]);
    await age('repository');
    expect(await drop(id)).toEqual([Outcome.OUTCOME_DONE]);
    await expect(restoreProject('acme/app')).rejects.toMatchObject({ kind: 'gone' });
    expect(await dropProject(projectId)).toEqual([Outcome.OUTCOME_DONE]);
    expect(await dropProject(projectId)).toEqual([Outcome.OUTCOME_ABSENT]);
    for (const table of ['project', 'repository', 'manifest', 'tag', 'tag_history', 'blob_link'])
      expect([table, await count(table)]).toEqual([table, 0]);
    expect(await lastEvents(2)).toEqual(['project.expunged.v1', 'repository.expunged.v1']);
  });
});

describe('the removal of repositories', () => {
  it('empties a deleted one whose time is over: indexes before their children, links with no regard to leases', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const child = image(it.scope, [it.blob.digest]);
    await registry.manifests.putManifest(child);
    const parent = index(it.scope, [child.digest], { tags: ['index'] });
    await registry.manifests.putManifest(parent);
    await registry.manifests.putManifest(image(it.scope, [it.blob.digest], { subject: parent.digest }));
    await upload(registry, it.scope);
    await registry.uploads.beginUpload({
      ...{ scope: it.scope, uploadId: operationId(), objectId: operationId() },
      algorithm: 'sha256',
    });
    const { repositoryId } = await remove(it);
    await age('repository');
    expect(await drop(repositoryId)).toEqual([Outcome.OUTCOME_DONE]);
    for (const table of [
      'repository',
      'manifest',
      'manifest_edge',
      'tag',
      'tag_history',
      'blob_link',
      'upload_session',
    ])
      expect([table, await count(table)]).toEqual([table, 0]);
    const states = await registry.rows(
      'SELECT state, count(*)::int AS n FROM registry.blob_object GROUP BY 1 ORDER BY 1',
    );
    expect(states).toEqual([
      { state: 'live', n: 2 },
      { state: 'purging', n: 1 },
    ]);
    const versions = await registry.rows<{ gap: boolean }>(
      `SELECT count(*) <> max(aggregate_version) AS gap FROM registry.outbox WHERE message_key = $1`,
      [`${repositoryId}`],
    );
    expect(versions).toEqual([{ gap: false }]);
  });

  it('takes no live one that something is in, and none that is new; whoever pushes to one that went makes it anew', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const name = freshName();
    const blob = await upload(registry, await registry.scope(name));
    const ids = await registry.rows<{ id: number }>('SELECT id FROM registry.repository ORDER BY id');
    const [used, loose] = ids.map(({ id }) => id) as [number, number];
    expect(await drop(used, loose, 999)).toEqual([
      Outcome.OUTCOME_NEEDED,
      Outcome.OUTCOME_NEEDED,
      Outcome.OUTCOME_ABSENT,
    ]);
    await registry.rows('DELETE FROM registry.upload_session');
    await registry.rows('UPDATE registry.blob_link SET lease_until = clock_timestamp()');
    await registry.collection.removeLinks({ links: [{ repositoryId: loose, digest: blob.digest }] });
    expect(await drop(loose)).toEqual([Outcome.OUTCOME_LATER]);
    await registry.rows(`UPDATE registry.repository SET created_at = created_at - interval '2 hours'`);
    expect(await drop(loose)).toEqual([Outcome.OUTCOME_DONE]);
    expect(await find(it, { tag: 'v1' })).toBeDefined();
    await pushed(registry, name, { tags: ['v1'] });
  });

  it('is found by a walk through the registry, where no event told of it', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await pushed(registry, freshName(), { tags: ['v1'] });
    const { repositoryId } = await remove(it);
    const page = await registry.collection.scan({ kind: 5, after: '', limit: 100 });
    expect(page).toEqual({ subjects: [`${repositoryId}`] });
  });
});

describe('T4: purge now', () => {
  const purge = (kind: DeletedKind, name: string, more: { digest?: string; id?: number } = {}) =>
    registry.deletions.purgeDeleted({ kind, name, principal: PRINCIPAL, operationId: operationId(), ...more });

  it('of a manifest takes it, what it alone named, and the links that nothing else needs', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const shared = it.blob;
    const own = await upload(registry, it.scope);
    const child = image(it.scope, [shared.digest, own.digest]);
    await registry.manifests.putManifest(child);
    const parent = index(it.scope, [child.digest], { tags: ['index'] });
    await registry.manifests.putManifest(parent);
    for (const { digest } of [parent, child])
      await registry.manifests.deleteManifest({ scope: it.scope, digest, operationId: operationId() });
    const name = it.scope.name;
    const manifest = DeletedKind.DELETED_KIND_MANIFEST;
    await expect(purge(manifest, name, { digest: child.digest })).rejects.toMatchObject({ kind: 'conflict' });
    expect(await purge(manifest, name, { digest: parent.digest })).toEqual({ manifests: 2 });
    await expect(purge(manifest, name, { digest: it.digest })).rejects.toMatchObject({ kind: 'manifestUnknown' });
    const find = async (digest: string) => (await registry.blobs.findBlob({ scope: it.scope, digest })).blob;
    expect(await find(own.digest)).toBeUndefined();
    expect(await find(shared.digest)).toBeDefined();
  });

  it('of a repository ends its restore at once, and its removal waits for no clock', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await expect(purge(DeletedKind.DELETED_KIND_REPOSITORY, it.scope.name)).rejects.toMatchObject({
      kind: 'nameUnknown',
    });
    const { repositoryId } = await remove(it);
    await purge(DeletedKind.DELETED_KIND_REPOSITORY, it.scope.name);
    await expect(restore(it.scope.name)).rejects.toMatchObject({ kind: 'gone' });
    expect(await drop(repositoryId)).toEqual([Outcome.OUTCOME_DONE]);
    const [expunged] = await registry.rows<{ data: object }>(
      `SELECT data FROM registry.outbox WHERE type = 'dev.lading.manifest.expunged.v1'`,
    );
    expect(expunged?.data).toMatchObject({ purged: true, principal: PRINCIPAL });
  });

  it('of a project takes all its repositories, also those deleted before it', async () => {
    const web = await pushed(registry, 'acme/app/web', { tags: ['v1'] });
    await pushed(registry, 'acme/app/api', { tags: ['v1'] });
    await remove(web);
    const { projectId } = await removeProject('acme/app');
    await purge(DeletedKind.DELETED_KIND_PROJECT, 'acme/app');
    await expect(restoreProject('acme/app')).rejects.toMatchObject({ kind: 'gone' });
    const ids = await registry.rows<{ id: number }>('SELECT id FROM registry.repository');
    expect(await drop(...ids.map(({ id }) => id))).toEqual([Outcome.OUTCOME_DONE, Outcome.OUTCOME_DONE]);
    expect(await dropProject(projectId)).toEqual([Outcome.OUTCOME_DONE]);
  });
});

describe('the list of what can be restored', () => {
  it('shows tags, manifests, repositories and projects of a name, the latest first, in pages', async () => {
    const it = await pushed(registry, 'acme/app/web', { tags: ['v1', 'v2'] });
    await registry.manifests.putManifest(image(it.scope, [it.blob.digest], { tags: ['v1'] }));
    await registry.manifests.deleteManifest({ scope: it.scope, digest: it.digest, operationId: operationId() });
    const api = await pushed(registry, 'acme/app/api', { tags: ['v1'] });
    await remove(api);
    const all = (await listed('acme/app/web')).deleted;
    const shown = all.map(({ kind, tag, reason }) => [kind, tag, reason]);
    // A manifest and its tag went in one statement.
    expect(shown.slice(0, 2).sort()).toEqual([
      [DeletedKind.DELETED_KIND_TAG, 'v2', 'request'],
      [DeletedKind.DELETED_KIND_MANIFEST, undefined, 'request'],
    ]);
    expect(shown.slice(2)).toEqual([[DeletedKind.DELETED_KIND_TAG, 'v1', 'moved']]);
    expect(all.every(({ deletedAtMs, untilMs }) => untilMs - deletedAtMs === 3_600_000)).toBe(true);
    expect((await listed('acme/app')).deleted).toMatchObject([
      { kind: DeletedKind.DELETED_KIND_REPOSITORY, name: 'acme/app/api', principal: PRINCIPAL },
    ]);
    const pages: unknown[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await listed('acme/app/web', 1, after);
      pages.push(...page.deleted);
      after = page.next;
    }
    expect(pages).toEqual(all);
    await removeProject('acme/app');
    expect((await listed('acme/app')).deleted.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([DeletedKind.DELETED_KIND_PROJECT, DeletedKind.DELETED_KIND_REPOSITORY]),
    );
    expect((await listed('acme/ap')).deleted).toEqual([]);
  });
});
