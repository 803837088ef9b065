import { lading as runLading } from '../support/lading-cli.js';
import { Api } from './support/api.js';
import { digestOf, imageOf, pushImage, putManifest } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http } = useRegistry();
const api = new Api(registry);

let count = 0;
let name = '';
beforeEach(() => {
  name = `undone/app${++count}/web`;
});

const status = async (path: string) => (await http.send('GET', `/v2/${name}/${path}`)).status;
const remove = async (path: string) => expect((await http.send('DELETE', `/v2/${name}/${path}`)).status).toBe(202);
const undelete = (body: object) => api.call('POST', '/undelete', body);
const removeRepository = async () => {
  const answer = await api.call('DELETE', `/registry/repositories/${encodeURIComponent(name)}`);
  expect(answer).toMatchObject({ status: 202, json: { kind: 'repository', name } });
};
const project = () => name.replace(/\/web$/, '');
const lading = (...words: string[]) =>
  runLading(['undelete', ...words], { LADING_PUBLIC_URL: registry.url, LADING_ADMIN_PASSWORD: registry.password });

describe('T3: undelete by REST', () => {
  it('of a manifest brings it back with its tags', async () => {
    const digest = await pushImage(http, name, 'v1');
    await remove(`manifests/${digest}`);
    const answer = await undelete({ kind: 'manifest', name, digest });
    expect(answer).toEqual({ status: 200, json: { kind: 'manifest', name, digest, tags: ['v1'] } });
    expect(await status('manifests/v1')).toBe(200);
  });

  it('of a tag puts it back on what it named, deleted or moved', async () => {
    const first = await pushImage(http, name, 'v1', 'one');
    const body = await imageOf(http, name, 'two');
    expect((await putManifest(http, name, 'v1', body)).status).toBe(201);
    const answer = await undelete({ kind: 'tag', name, tag: 'v1' });
    expect(answer).toEqual({ status: 200, json: { kind: 'tag', name, digest: first, tags: ['v1'] } });
    const { headers } = await http.send('GET', `/v2/${name}/manifests/v1`);
    expect(headers['docker-content-digest']).toBe(first);
    await remove('manifests/v1');
    expect((await undelete({ kind: 'tag', name, tag: 'v1', as: 'v1-again' })).status).toBe(200);
    expect(await status('manifests/v1')).toBe(404);
    expect(await status('manifests/v1-again')).toBe(200);
  });

  it('of a repository brings back all of it; a name that is taken is 409, and another one may be given', async () => {
    const digest = await pushImage(http, name, 'v1');
    await removeRepository();
    for (const path of ['manifests/v1', `manifests/${digest}`, 'tags/list']) expect(await status(path)).toBe(404);
    await pushImage(http, name, 'v2', 'another');
    const { status: taken, json } = await undelete({ kind: 'repository', name });
    expect([taken, json]).toEqual([
      409,
      { message: `409 Conflict - a repository of the name ${name} is there; restore under another name` },
    ]);
    const old = `${project()}/old`;
    expect(await undelete({ kind: 'repository', name, as: old })).toMatchObject({ status: 200, json: { name: old } });
    const { body } = await http.send('GET', `/v2/${old}/tags/list`);
    expect(JSON.parse(body.toString('utf8'))).toEqual({ name: old, tags: ['v1'] });
  });

  it('of a project brings back its repositories', async () => {
    await pushImage(http, name, 'v1');
    const deleted = await api.call('DELETE', `/projects/${encodeURIComponent(project())}`);
    expect(deleted).toMatchObject({ status: 202, json: { kind: 'project', name: project(), repositories: 1 } });
    expect(await status('manifests/v1')).toBe(404);
    expect(await undelete({ kind: 'project', name: project() })).toMatchObject({ json: { repositories: 1 } });
    expect(await status('manifests/v1')).toBe(200);
  });

  it('is listed with the time until which it is possible', async () => {
    const digest = await pushImage(http, name, 'v1');
    await remove(`manifests/${digest}`);
    const { deleted } = await api.json<{ deleted: Record<string, string>[] }>(`/deleted?name=${name}`);
    expect(deleted.map(({ kind, tag }) => [kind, tag]).sort()).toEqual([
      ['manifest', undefined],
      ['tag', 'v1'],
    ]);
    for (const { deleted_at: from, restorable_until: until } of deleted)
      expect(Date.parse(until!) - Date.parse(from!)).toBe(24 * 3_600_000);
  });

  it('T4: is 410 or 404 after a purge, and a deleted repository can be purged', async () => {
    const digest = await pushImage(http, name, 'v1');
    await remove(`manifests/${digest}`);
    expect(await api.call('POST', '/purge', { kind: 'manifest', name, digest })).toEqual({
      status: 202,
      json: { kind: 'manifest', name, manifests: 1 },
    });
    expect((await undelete({ kind: 'manifest', name, digest })).status).toBe(404);
    expect((await undelete({ kind: 'tag', name, tag: 'v1' })).status).toBe(410);
    await pushImage(http, name, 'v2');
    await removeRepository();
    expect((await api.call('POST', '/purge', { kind: 'repository', name })).status).toBe(202);
    expect([404, 410]).toContain((await undelete({ kind: 'repository', name })).status);
  });
});

describe('a refusal', () => {
  it.each<[string, object | undefined, string]>([
    ['no body', undefined, 'the body must be a JSON object'],
    ['another kind', { kind: 'blob', name: 'a/b' }, 'kind must be'],
    ['a name that is none', { kind: 'repository', name: '../etc' }, 'name must be'],
    ['no digest', { kind: 'manifest', name: 'a/b' }, 'digest must be'],
    ['a field without a meaning', { kind: 'project', name: 'a/b', as: 'c/d' }, 'as has no meaning here'],
  ])('is 400 for %s, and says what can be there', async (_, body, message) => {
    const { status, json } = await api.call('POST', '/undelete', body);
    expect([status, json]).toEqual([400, { message: expect.stringContaining(`400 Bad Request - ${message}`) }]);
  });

  it('is 404 for what was not deleted, 401 for whoever is not known, 405 for another method', async () => {
    expect((await undelete({ kind: 'repository', name })).status).toBe(404);
    expect((await undelete({ kind: 'project', name })).status).toBe(404);
    const unknown = new Api(registry, null);
    const path = `/registry/repositories/${encodeURIComponent(name)}`;
    for (const [method, at] of [
      ['GET', '/deleted?name=a/b'],
      ['POST', '/undelete'],
      ['POST', '/purge'],
      ['DELETE', path],
    ])
      expect([at, (await unknown.call(method!, at!)).status]).toEqual([at, 401]);
    expect((await api.call('DELETE', '/undelete')).status).toBe(405);
  });
});

describe('lading undelete', () => {
  it('lists what can be brought back, and brings it back', async () => {
    const digest = await pushImage(http, name, 'v1');
    await remove('manifests/v1');
    const listed = await lading(name, '--list');
    expect(listed.stdout).toMatch(
      new RegExp(`^tag +${name}:v1  deleted by account:1, until .*  was ${digest}  operation `),
    );
    const { code, stdout, stderr } = await lading(`${name}:v1`);
    expect([code, stdout, stderr]).toEqual([0, `${name}:v1 names ${digest} again\n`, '']);
    await remove(`manifests/${digest}`);
    expect((await lading(`${name}@${digest}`)).stdout).toBe(`${name}@${digest} is back, with v1\n`);
    await removeRepository();
    expect((await lading(name)).stdout).toBe(`${name} is back\n`);
    await api.call('DELETE', `/projects/${encodeURIComponent(project())}`);
    expect((await lading(project(), '--project')).stdout).toBe(`${project()} is back with 1 repositories\n`);
    expect(await status('manifests/v1')).toBe(200);
  });

  it('purges, and prints JSON for programs', async () => {
    const digest = digestOf(await imageOf(http, name, 'words'));
    await putManifest(http, name, digest, await imageOf(http, name, 'words'));
    await remove(`manifests/${digest}`);
    const { stdout } = await lading(`${name}@${digest}`, '--purge', '--json');
    expect(JSON.parse(stdout)).toEqual({ kind: 'manifest', name, manifests: 1 });
    expect((await lading(name, '--list')).stdout).toBe(`nothing can be brought back at ${name}\n`);
  });

  it.each<[string, string[], string]>([
    ['nothing', [], 'name one thing'],
    ['what is no name', ['a b:c:d@e'], 'is no name'],
    ['what is not there', ['nowhere/at/all'], '404 Not Found'],
  ])('says what is wrong with %s, and ends with 2', async (_, words, message) => {
    const { code, stderr } = await lading(...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
