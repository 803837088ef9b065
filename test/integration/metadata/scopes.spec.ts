import type { Scope } from '@lading/proto';
import { freshDigest, freshName, image, pushed, upload } from './support/content.js';
import { Registry } from './support/registry.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterAll(() => registry.close());

let made = 0;
/** A group name that nothing in this file has yet. */
function freshGroup(): string {
  made += 1;
  return `group${made}`;
}

const staleGrant = { kind: 'unauthorized', data: { error: 'invalid_token' } };
const other = { principal: 'account:2', credential: 'account:2' };
const deleteProject = (path: string) =>
  registry.rows('UPDATE registry.project SET deleted_at = clock_timestamp() WHERE path = $1 AND deleted_at IS NULL', [
    path,
  ]);

/** What each service does with a grant, reads and writes alike. */
const uses: [string, (scope: Scope) => Promise<unknown>][] = [
  ['a pull by tag', (scope) => registry.manifests.findManifest({ scope, tag: 'v1' })],
  ['a pull by digest', (scope) => registry.manifests.findManifest({ scope, digest: freshDigest() })],
  ['a HEAD of a blob', (scope) => registry.blobs.keepBlob({ scope, digest: freshDigest() })],
  ['a list of tags', (scope) => registry.manifests.listTags({ scope, after: '', limit: 10 })],
  [
    'a list of referrers',
    (scope) => registry.manifests.listReferrers({ scope, subject: freshDigest(), artifactTypes: [], afterId: 0 }),
  ],
  ['an upload', (scope) => upload(registry, scope)],
  ['a push', (scope) => registry.manifests.putManifest(image(scope, []))],
  [
    'a DELETE',
    (scope) => registry.manifests.deleteManifest({ scope, digest: freshDigest(), operationId: crypto.randomUUID() }),
  ],
];

describe('a grant for a project', () => {
  it.each(uses)('is worth nothing for %s once the project is deleted (T9)', async (_, use) => {
    const { scope } = await pushed(registry, `${freshGroup()}/app`);
    await deleteProject(scope.name);
    await expect(use(scope)).rejects.toMatchObject(staleGrant);
  });

  it.each(uses)('is worth nothing for %s of another project made at the same path since (T9)', async (_, use) => {
    const { scope } = await pushed(registry, `${freshGroup()}/app`);
    await deleteProject(scope.name);
    await pushed(registry, scope.name, { tags: ['v1'] });
    await expect(use(scope)).rejects.toMatchObject(staleGrant);
  });

  it('reaches every repository below the project and no other', async () => {
    const group = freshGroup();
    const { scope, blob } = await pushed(registry, `${group}/app/a/b`);
    const deeper = { ...scope, name: `${group}/app` };
    expect(await registry.blobs.findBlob({ scope: deeper, digest: blob.digest })).toEqual({});
    expect((await registry.blobs.findBlob({ scope, digest: blob.digest })).blob?.objectId).toBe(blob.objectId);
  });
});

describe('a grant from before the project', () => {
  it('reads nothing, and lists no referrers', async () => {
    const scope = await registry.scope(`${freshGroup()}/app`);
    expect(await registry.manifests.findManifest({ scope, tag: 'v1' })).toEqual({});
    expect(await registry.blobs.findBlob({ scope, digest: freshDigest() })).toEqual({});
    expect(
      await registry.manifests.listReferrers({ scope, subject: freshDigest(), artifactTypes: [], afterId: 0 }),
    ).toEqual({
      referrers: [],
      more: false,
    });
    await expect(registry.manifests.listTags({ scope, after: '', limit: 1 })).rejects.toMatchObject({
      kind: 'nameUnknown',
    });
  });

  it('makes group, project and repository, and stays good for them', async () => {
    const scope = await registry.scope(`${freshGroup()}/app/web`);
    const blob = await upload(registry, scope);
    const put = image(scope, [blob.digest], { tags: ['v1'] });
    await registry.manifests.putManifest(put);
    expect((await registry.manifests.findManifest({ scope, tag: 'v1' })).manifest?.digest).toBe(put.digest);
  });

  it('stays good for what another made in the group that was there', async () => {
    const group = freshGroup();
    await pushed(registry, `${group}/first`);
    const mine = await registry.scope(`${group}/second`);
    const { blob } = await pushed(registry, `${group}/second`);
    await registry.rows(`UPDATE registry.project SET created_by = 'account:7' WHERE path = $1`, [`${group}/second`]);
    expect((await registry.blobs.findBlob({ scope: mine, digest: blob.digest })).blob).toBeDefined();
  });

  it('is worth nothing where no group was and another principal made the group', async () => {
    const name = `${freshGroup()}/app`;
    const mine = await registry.scope(name);
    const theirs = await registry.scope(name, other);
    await upload(registry, theirs);
    await expect(upload(registry, mine)).rejects.toMatchObject(staleGrant);
    await expect(registry.manifests.findManifest({ scope: mine, tag: 'v1' })).rejects.toMatchObject(staleGrant);
  });

  it('is worth nothing where no group was and another principal made the project in the group', async () => {
    const group = freshGroup();
    const mine = await registry.scope(`${group}/app`);
    await upload(registry, await registry.scope(`${group}/else`));
    await upload(registry, await registry.scope(`${group}/app`, other));
    await expect(upload(registry, mine)).rejects.toMatchObject(staleGrant);
  });

  it('makes a project in a group that the same principal made meanwhile', async () => {
    const group = freshGroup();
    const mine = await registry.scope(`${group}/app`);
    await upload(registry, await registry.scope(`${group}/else`));
    await upload(registry, mine);
  });

  it('is worth nothing once its group is gone', async () => {
    const group = freshGroup();
    await pushed(registry, `${group}/app`);
    const mine = await registry.scope(`${group}/new`);
    await registry.rows('UPDATE registry.project_group SET deleted_at = clock_timestamp() WHERE path = $1', [group]);
    await expect(upload(registry, mine)).rejects.toMatchObject(staleGrant);
  });

  it('is worth nothing for a project that was there before', async () => {
    const { scope } = await pushed(registry, `${freshGroup()}/app`);
    const { projectId: _, ...without } = await registry.scope(scope.name);
    const [group] = await registry.rows<{ group_id: number }>('SELECT group_id FROM registry.project WHERE id = $1', [
      scope.projectId,
    ]);
    // Transactions of other databases of this server hold the horizon back, so the look-up is one far in the future.
    const later = { ...without, groupId: group!.group_id, resolvedXid: 2 ** 52 };
    await expect(upload(registry, later)).rejects.toMatchObject(staleGrant);
  });
});

describe('the form of a name', () => {
  const push = async (name: string) => upload(registry, await registry.scope(name));
  const projectOf = async (name: string) => {
    const scope = await registry.scope(name);
    return name.split('/').slice(0, scope.projectLevel).join('/');
  };

  it('gives a project of the first two components where no group is', async () => {
    const group = freshGroup();
    await push(`${group}/app/a/b`);
    expect(await projectOf(`${group}/app/a/b`)).toBe(`${group}/app`);
  });

  it('gives a project of the longest group and one component', async () => {
    const group = freshGroup();
    await push(`${group}/first`);
    await registry.rows(
      `INSERT INTO registry.project_group (parent_id, path, created_by)
       SELECT id, path || '/sub', 'account:1' FROM registry.project_group WHERE path = $1`,
      [group],
    );
    await push(`${group}/sub/app/a/b`);
    expect(await projectOf(`${group}/sub/app/a/b`)).toBe(`${group}/sub/app`);
    await expect(push(`${group}/sub`)).rejects.toMatchObject({ kind: 'denied' });
  });

  it('is refused with one component, with the right form in the message', async () => {
    const name = freshGroup();
    await expect(push(name)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining(`${name}/<project>`),
    });
    expect(await registry.rows('SELECT 1 FROM registry.project_group WHERE path = $1', [name])).toEqual([]);
  });

  it('is refused with more levels below the project than allowed, before and after the project is there', async () => {
    const group = freshGroup();
    const tooDeep = { kind: 'denied', message: expect.stringContaining(`${group}/app/<name>/<name>`) };
    await expect(push(`${group}/app/a/b/c`)).rejects.toMatchObject(tooDeep);
    expect(await registry.rows('SELECT 1 FROM registry.project WHERE path = $1', [`${group}/app`])).toEqual([]);
    await push(`${group}/app/a/b`);
    await expect(push(`${group}/app/a/b/c`)).rejects.toMatchObject(tooDeep);
  });

  it('is as deep as it likes with LADING_NAME_LEVELS=0', async () => {
    const free = await Registry.open({ nameLevels: 0 });
    const name = 'any/app/a/b/c/d/e';
    const { scope, blob } = await pushed(free, name);
    expect((await free.blobs.findBlob({ scope, digest: blob.digest })).blob).toBeDefined();
    await free.close();
  });
});

describe('a repository that was deleted', () => {
  it('is made again by a push, under another id', async () => {
    const { scope, blob } = await pushed(registry, freshName(), { tags: ['v1'] });
    await registry.rows('UPDATE registry.repository SET deleted_at = clock_timestamp() WHERE full_path = $1', [
      scope.name,
    ]);
    expect(await registry.manifests.findManifest({ scope, tag: 'v1' })).toEqual({});
    await expect(registry.manifests.listTags({ scope, after: '', limit: 1 })).rejects.toMatchObject({
      kind: 'nameUnknown',
    });
    await upload(registry, scope, blob.digest);
    await registry.manifests.putManifest(image(scope, [blob.digest], { tags: ['v2'] }));
    expect(await registry.manifests.listTags({ scope, after: '', limit: 9 })).toEqual({ tags: ['v2'], more: false });
  });
});
