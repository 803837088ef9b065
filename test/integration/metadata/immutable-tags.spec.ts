import { randomUUID } from 'node:crypto';
import { ManifestController, type RegistryPools } from '@lading/metadata';
import type { PutManifestRequest, Scope } from '@lading/proto';
import type { PoolClient, QueryConfig } from 'pg';
import { again, freshName, image, index, pushed, stored } from './support/content.js';
import { Registry, SETTINGS } from './support/registry.js';
import { putRules } from './support/rules.js';
import { malformedEvents, violations } from './support/violations.js';

let registry: Registry;
let projects = 0;
beforeAll(async () => {
  registry = await Registry.open();
});
afterEach(async () => {
  expect(await violations(registry)).toEqual([]);
  expect(await malformedEvents(registry)).toEqual([]);
});
afterAll(() => registry.close());

/** An image in a project of its own. */
const fresh = (tags: string[] = []) => pushed(registry, freshName(`acme/immutable${++projects}`), { tags });
const put = (request: PutManifestRequest) => registry.manifests.putManifest(request);
const removeTag = (scope: Scope, tag: string) =>
  registry.manifests.deleteTag({ scope, tag, operationId: randomUUID() });
const remove = (scope: Scope, digest: string) =>
  registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
const digestOf = async (scope: Scope, tag: string) =>
  (await registry.manifests.findManifest({ scope, tag })).manifest?.digest;
const denied = (tag: string, pattern: string) => ({
  kind: 'denied',
  detail: { code: 'IMMUTABLE_TAG', tag, pattern },
  message: expect.stringMatching(/tag .* is immutable by the rule .* already exists/),
});

describe('T15: a push to an immutable tag', () => {
  it('that exists is refused for another digest, with the tag and the rule, and stores nothing', async () => {
    const { scope, blob, digest } = await fresh(['v1']);
    await putRules(registry, scope, '^v\\d');
    const other = image(scope, [blob.digest], { tags: ['v1'] });
    await expect(put(other)).rejects.toMatchObject(denied('v1', '^v\\d'));
    expect(await digestOf(scope, 'v1')).toBe(digest);
    const kept = await registry.rows('SELECT 1 FROM registry.manifest WHERE digest = $1', [stored(other.digest)]);
    expect(kept).toEqual([]);
  });

  it('of the digest that it has is taken, at once and a minute later, by tag and along with other tags', async () => {
    const { scope, put: first, digest } = await fresh(['v1']);
    await putRules(registry, scope, '^v\\d');
    await put(again(first));
    await registry.rows(`UPDATE registry.tag SET set_at = set_at - interval '2 minutes'`);
    await put(again(first));
    await put(again(first, { tags: ['latest', 'v1', 'v2'] }));
    for (const tag of ['latest', 'v1', 'v2']) expect([tag, await digestOf(scope, tag)]).toEqual([tag, digest]);
    const sets = await registry.rows(
      `SELECT 1 FROM registry.outbox WHERE type = 'dev.lading.tag.set.v1' AND subject = $1`,
      [`${scope.name}:v1`],
    );
    expect(sets).toHaveLength(1);
  });

  it('that does not exist makes it, and is then refused for another digest', async () => {
    const { scope, blob, put: first } = await fresh();
    await putRules(registry, scope, '^v\\d');
    await put(again(first, { tags: ['v1'] }));
    await expect(put(image(scope, [blob.digest], { tags: ['v1'] }))).rejects.toMatchObject(denied('v1', '^v\\d'));
  });

  it('among tags that may move refuses them all', async () => {
    const { scope, blob, digest } = await fresh(['latest', 'v1']);
    await putRules(registry, scope, '^v\\d');
    const other = image(scope, [blob.digest], { tags: ['latest', 'v1', 'v2'] });
    await expect(put(other)).rejects.toMatchObject(denied('v1', '^v\\d'));
    expect(await digestOf(scope, 'latest')).toBe(digest);
    expect(await digestOf(scope, 'v2')).toBeUndefined();
  });

  it('is a matter of its own project: tags that no rule is about move, and so do those of other projects', async () => {
    const [one, two] = [await fresh(['v1', 'latest']), await fresh(['v1'])];
    await putRules(registry, one.scope, '^v\\d');
    for (const [{ scope, blob }, tag] of [
      [one, 'latest'],
      [two, 'v1'],
    ] as const) {
      const next = image(scope, [blob.digest], { tags: [tag] });
      await put(next);
      expect(await digestOf(scope, tag)).toBe(next.digest);
    }
  });

  it('in another repository of the project is refused as well', async () => {
    const { scope, put: first } = await fresh(['v1']);
    await putRules(registry, scope, '^v\\d');
    const beside = { ...scope, name: `${scope.name.split('/').slice(0, 2).join('/')}/beside` };
    await put(again(first, { scope: beside, edges: [] }));
    const other = image(beside, [], { tags: ['v1'] });
    await expect(put(other)).rejects.toMatchObject(denied('v1', '^v\\d'));
  });

  it('is free again without the rule, and sent again after a lost answer it is done once', async () => {
    const { scope, blob } = await fresh(['v1']);
    await putRules(registry, scope, '^v\\d');
    await putRules(registry, scope);
    const moved = image(scope, [blob.digest], { tags: ['v1'] });
    const first = await put(moved);
    await putRules(registry, scope, '^v\\d');
    expect(await put(moved)).toEqual(first);
  });

  it('leaves the index of referrers and signatures beside an image movable', async () => {
    const { scope, digest } = await fresh();
    await putRules(registry, scope, '.*');
    const tag = digest.replace(':', '-');
    for (const name of [tag, `${tag}.sig`]) {
      await put(index(scope, [digest], { tags: [name] }));
      const next = index(scope, [digest], { tags: [name] });
      await put(next);
      expect(await digestOf(scope, name)).toBe(next.digest);
      await removeTag(scope, name);
    }
  });
});

describe('T15: DELETE', () => {
  it('of an immutable tag is refused, and the tag stays; of one that is not there it is 404', async () => {
    const { scope, digest } = await fresh(['v1', 'latest']);
    await putRules(registry, scope, '^v\\d');
    await expect(removeTag(scope, 'v1')).rejects.toMatchObject(denied('v1', '^v\\d'));
    await expect(removeTag(scope, 'v2')).rejects.toMatchObject({ kind: 'manifestUnknown' });
    await removeTag(scope, 'latest');
    expect(await digestOf(scope, 'v1')).toBe(digest);
  });

  it('of a manifest that has an immutable tag is refused, and it keeps all its tags', async () => {
    const { scope, digest, blob } = await fresh(['latest', 'v1']);
    await putRules(registry, scope, '^v\\d');
    await expect(remove(scope, digest)).rejects.toMatchObject(denied('v1', '^v\\d'));
    for (const tag of ['latest', 'v1']) expect(await digestOf(scope, tag)).toBe(digest);
    const other = image(scope, [blob.digest], { tags: ['latest'] });
    await put(other);
    await remove(scope, other.digest);
  });
});

describe('T15: DELETE of a project', () => {
  it('is refused where a tag in one of its repositories is immutable, and not without the rule', async () => {
    const first = await fresh(['latest']);
    const path = first.scope.name.split('/').slice(0, 2).join('/');
    const second = await pushed(registry, `${path}/beside`, { tags: ['v1'] });
    await putRules(registry, first.scope, '^v\\d');
    const gone = () => registry.deletions.deleteProject({ path, principal: 'account:1', operationId: randomUUID() });
    await expect(gone()).rejects.toMatchObject(denied('v1', '^v\\d'));
    expect(await digestOf(first.scope, 'latest')).toBe(first.digest);
    expect(await digestOf(second.scope, 'v1')).toBe(second.digest);
    await putRules(registry, first.scope);
    expect(await gone()).toEqual({ projectId: first.scope.projectId, repositories: 2 });
  });
});

describe('T15: restore', () => {
  const restore = (scope: Scope, digest: string, withoutTags = false) =>
    registry.manifests.restoreManifest({ scope, digest, operationId: randomUUID(), withoutTags });

  it('gives an immutable tag back that is free', async () => {
    const { scope, digest } = await fresh(['v1']);
    await remove(scope, digest);
    await putRules(registry, scope, '^v\\d');
    expect(await restore(scope, digest)).toEqual({ tags: ['v1'] });
    await expect(removeTag(scope, 'v1')).rejects.toMatchObject(denied('v1', '^v\\d'));
  });

  it('is refused like a push where the tag names something else, and restores nothing then', async () => {
    const { scope, digest, blob } = await fresh(['v1']);
    await remove(scope, digest);
    await put(image(scope, [blob.digest], { tags: ['v1'] }));
    await putRules(registry, scope, '^v\\d');
    await expect(restore(scope, digest)).rejects.toMatchObject(denied('v1', '^v\\d'));
    expect((await registry.manifests.findManifest({ scope, digest })).manifest).toBeUndefined();
    expect(await restore(scope, digest, true)).toEqual({ tags: [] });
  });
});

describe('rules of a project', () => {
  it('note who changed them', async () => {
    const { scope } = await fresh();
    await putRules(registry, { ...scope, principal: 'account:7' }, '^v');
    const [row] = await registry.rows<{ changed_by: string }>(
      `SELECT changed_by FROM registry.project_rules WHERE changed_at > clock_timestamp() - interval '1 minute' AND project_id = $1`,
      [scope.projectId],
    );
    expect(row?.changed_by).toBe('account:7');
  });

  it('are changed in turn while pushes follow each other without a gap', async () => {
    const { scope, blob } = await fresh();
    let pushing = true;
    let pushed = 0;
    const push = async () => {
      while (pushing) {
        pushed += 1;
        await put(image(scope, [blob.digest], { tags: [`t${pushed}`] }));
      }
    };
    const pushes = Array.from({ length: 8 }, push);
    for (const n of [1, 2, 3]) expect(await putRules(registry, scope, `^v${n}`)).toMatchObject({ version: n });
    pushing = false;
    await Promise.all(pushes);
    expect(pushed).toBeGreaterThan(8);
  });

  it('cost a push no round trip', async () => {
    const { scope, blob } = await fresh();
    const sent = async (tag: string) => {
      const names: string[] = [];
      const push = image(scope, [blob.digest], { tags: [tag] });
      await new ManifestController(noting(registry.pools, names), SETTINGS).putManifest(push);
      return names;
    };
    const without = await sent('v1');
    await putRules(registry, scope, '^w');
    expect(await sent('w1')).toEqual(without);
    expect(without.filter((name) => name.includes('rule') || name.includes('operation'))).toEqual([
      'note-operation-under-rules',
    ]);
  });
});

/** The pools, whose writes leave the names of their statements here. */
function noting(pools: RegistryPools, names: string[]): RegistryPools {
  const connect = async () => {
    const client = await pools.write.connect();
    const query = (config: string | QueryConfig) => {
      names.push(typeof config === 'string' ? config.split(';', 1)[0]! : (config.name ?? ''));
      return client.query(config as QueryConfig);
    };
    const on = client.on.bind(client);
    return { query, on, off: client.off.bind(client), release: client.release.bind(client) } as unknown as PoolClient;
  };
  return { ...pools, write: { connect } as unknown as RegistryPools['write'] };
}
