import type { Answer } from './support/answer.js';
import { Api } from './support/api.js';
import { digestOf, imageOf, OCI_INDEX, pushImage, putManifest } from './support/content.js';
import { Http } from './support/http.js';
import { useRegistry } from './support/use-registry.js';

interface Rule {
  id: number;
  project_id: number;
  tag_name_pattern: string;
  minimum_access_level_for_push: null;
  minimum_access_level_for_delete: null;
}

const { registry, http } = useRegistry();
const api = new Api(registry);
let count = 0;
/** A project, and a repository in it. */
let project = '';
let name = '';
beforeEach(() => {
  project = `kept/app${++count}`;
  name = `${project}/web`;
});

const rulesOf = (of: string | number) => `/projects/${encodeURIComponent(of)}/registry/protection/tag/rules`;
const add = (pattern: unknown, more: object = {}) =>
  api.call('POST', rulesOf(project), { tag_name_pattern: pattern, ...more });
const added = async (pattern: string) => {
  const { status, json } = await add(pattern);
  expect(status).toBe(201);
  return json as Rule;
};
const tagOf = async (tag: string, repository = name) => {
  const { status, headers } = await http.send('HEAD', `/v2/${repository}/manifests/${tag}`);
  return status === 200 ? headers['docker-content-digest'] : status;
};
const push = async (tag: string, words: string) => putManifest(http, name, tag, await imageOf(http, name, words));
const remove = (reference: string) => http.send('DELETE', `/v2/${name}/manifests/${reference}`);
const isDenied = (answer: Answer, tag: string, pattern: string) => {
  expect([answer.status, ...answer.codes]).toEqual([403, 'DENIED']);
  const [error] = JSON.parse(String(answer.body)).errors as { message: string; detail: object }[];
  expect(error?.detail).toEqual({ code: 'IMMUTABLE_TAG', tag, pattern });
  for (const word of [`tag ${tag} `, pattern, 'immutable', 'already exists']) expect(error?.message).toContain(word);
};

describe('D-12: a tag that a rule is about', () => {
  it('MAN-40: is made once; another digest is 403 DENIED with the tag and the rule, and nothing is stored', async () => {
    const digest = await pushImage(http, name, 'v1');
    await added('^v\\d');
    isDenied(await push('v1', 'another'), 'v1', '^v\\d');
    expect(await tagOf('v1')).toBe(digest);
    const other = digestOf(await imageOf(http, name, 'another'));
    expect(await tagOf(other)).toBe(404);
    expect((await push('v2', 'another')).status).toBe(201);
    isDenied(await push('v2', 'a third'), 'v2', '^v\\d');
  });

  it('regression moby/buildkit#3776, goharbor/harbor#18792, replicatedhq/kots#5940: the same digest again is 201 (MAN-39, MAN-40)', async () => {
    await pushImage(http, name, 'v1', 'same');
    await added('^v\\d');
    const body = await imageOf(http, name, 'same');
    for (const reference of ['v1', 'v1', digestOf(body), `${digestOf(body)}?tag=v1&tag=v2`, 'v2']) {
      expect([reference, (await putManifest(http, name, reference, body)).status]).toEqual([reference, 201]);
    }
  });

  it('among other tags of one PUT refuses all of it', async () => {
    const digest = await pushImage(http, name, 'v1');
    await pushImage(http, name, 'latest', `${name} v1`);
    await added('^v\\d');
    const body = await imageOf(http, name, 'another');
    isDenied(await putManifest(http, name, `${digestOf(body)}?tag=latest&tag=v1&tag=v2`, body), 'v1', '^v\\d');
    expect(await tagOf('latest')).toBe(digest);
    expect(await tagOf('v2')).toBe(404);
  });

  it('is not deleted, nor is its manifest by digest: 403; a tag that is not there is 404', async () => {
    const digest = await pushImage(http, name, 'v1');
    await added('^v\\d');
    for (const reference of ['v1', digest]) isDenied(await remove(reference), 'v1', '^v\\d');
    expect((await remove('v9')).status).toBe(404);
    expect(await tagOf('v1')).toBe(digest);
  });

  it('AUTH-12: is told from a right that is missing, which is 401, by whoever may push', async () => {
    const digest = await pushImage(http, name, 'v1');
    await added('^v\\d');
    const nobody = new Http(registry);
    const body = await imageOf(http, name, 'another');
    expect((await putManifest(nobody, name, 'v1', body)).status).toBe(401);
    nobody.close();
    expect(await tagOf('v1')).toBe(digest);
  });

  it('moves and goes when the rule is gone', async () => {
    await pushImage(http, name, 'v1');
    const { id } = await added('^v\\d');
    expect((await api.send('DELETE', `${rulesOf(project)}/${id}`)).status).toBe(204);
    expect((await push('v1', 'another')).status).toBe(201);
    expect((await remove('v1')).status).toBe(202);
  });

  it('is none of the tags beside an image, unless the rule names them', async () => {
    const digest = await pushImage(http, name, 'v1');
    await added('.*');
    const companion = digest.replace(':', '-');
    const index = (words: string) => {
      const body = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], annotations: { words } };
      return putManifest(http, name, companion, Buffer.from(JSON.stringify(body)), OCI_INDEX);
    };
    for (const words of ['one', 'two']) expect((await index(words)).status).toBe(201);
    await added('^sha256-');
    isDenied(await index('three'), companion, '^sha256-');
  });

  it('is the one that wins when many push it at once, and stays that', async () => {
    await pushImage(http, name, 'first');
    await added('^v\\d');
    const bodies = await Promise.all(Array.from({ length: 6 }, (_, n) => imageOf(http, name, `racer ${n}`)));
    const answers = await Promise.all(bodies.map((body) => putManifest(http, name, 'v1', body)));
    const won = answers.flatMap(({ status }, n) => (status === 201 ? [digestOf(bodies[n]!)] : []));
    expect(won).toEqual([await tagOf('v1')]);
    for (const answer of answers.filter(({ status }) => status !== 201)) isDenied(answer, 'v1', '^v\\d');
  });
});

describe('rules of a project by REST', () => {
  beforeEach(async () => {
    await pushImage(http, name, 'latest');
  });

  it('are listed, made, changed and removed, by the path of the project or its id', async () => {
    const { project_id: id, ...rule } = await added('^v');
    const shown = { minimum_access_level_for_push: null, minimum_access_level_for_delete: null };
    expect(rule).toEqual({ id: rule.id, tag_name_pattern: '^v', ...shown });
    expect(await api.call('GET', rulesOf(id))).toEqual({ status: 200, json: [{ ...rule, project_id: id }] });
    const changed = await api.call('PATCH', `${rulesOf(project)}/${rule.id}`, { tag_name_pattern: '^w' });
    expect(changed).toEqual({ status: 200, json: { ...rule, project_id: id, tag_name_pattern: '^w' } });
    expect((await api.send('DELETE', `${rulesOf(project)}/${rule.id}`)).status).toBe(204);
    expect(await api.json(rulesOf(project))).toEqual([]);
    expect((await api.send('DELETE', `${rulesOf(project)}/${rule.id}`)).status).toBe(404);
  });

  it('limit tag-rules: are five at most, also when more are made at once', async () => {
    const answers = await Promise.all(Array.from({ length: 7 }, (_, n) => add(`^v${n}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 422, 422]);
    expect(await api.json<Rule[]>(rulesOf(project))).toHaveLength(5);
  });

  it.each([
    ['^v(', '422 Unprocessable Entity - ^v( is no regular expression of RE2: missing closing ): `^v(`'],
    [
      '(?!latest)',
      '422 Unprocessable Entity - (?!latest) is no regular expression of RE2: invalid or unsupported Perl syntax: `(?!`',
    ],
    ['', '422 Unprocessable Entity - the pattern is empty'],
    [undefined, '400 Bad Request - tag_name_pattern must be a text'],
  ])('of the pattern %j are refused: %s', async (pattern, message) => {
    const { status, json } = await add(pattern);
    expect([status, json]).toEqual([Number(message.slice(0, 3)), { message }]);
    expect(await api.json(rulesOf(project))).toEqual([]);
  });

  it('limit rule-pattern: may have 100 characters, and no more', async () => {
    await added('v'.repeat(100));
    const { status, json } = await add('w'.repeat(101));
    const message = '422 Unprocessable Entity - a pattern has at most 100 characters';
    expect([status, json]).toEqual([422, { message }]);
  });

  it('are refused twice, and with levels, of which there are none yet', async () => {
    await added('^v');
    expect(await add('^v')).toMatchObject({ status: 422, json: { message: expect.stringContaining('already') } });
    const levels = { minimum_access_level_for_push: 'maintainer', minimum_access_level_for_delete: 'owner' };
    const refusal = { message: expect.stringContaining('only rules of immutable tags') };
    expect(await add('^w', levels)).toMatchObject({ status: 422, json: refusal });
  });

  it('are for administrators: 401 without credentials; of a project that is not there they are 404', async () => {
    expect((await new Api(registry, null).get(rulesOf(project))).status).toBe(401);
    expect((await api.get(rulesOf('kept/nothing'))).status).toBe(404);
    expect((await api.get(rulesOf(999_999_999))).status).toBe(404);
    expect((await api.get(rulesOf('kept'))).status).toBe(404);
  });
});
