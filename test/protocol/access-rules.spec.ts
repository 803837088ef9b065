import { digestOf, NOWHERE, openUpload, pushImage } from './support/content.js';
import { Http } from './support/http.js';
import { tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http } = useRegistry();

beforeAll(async () => {
  await pushImage(http, 'rules/source', 'v1');
});

/** What a route needs of the repository; a path that holds `*` gets the id of an upload there. */
const ROUTES: [method: string, path: string, needs: string[]][] = [
  ['GET', 'manifests/v1', ['pull']],
  ['HEAD', 'manifests/v1', ['pull']],
  ['GET', `blobs/${NOWHERE}`, ['pull']],
  ['HEAD', `blobs/${NOWHERE}`, ['pull']],
  ['GET', 'tags/list', ['pull']],
  ['GET', `referrers/${NOWHERE}`, ['pull']],
  ['POST', 'blobs/uploads/', ['pull', 'push']],
  ['POST', `blobs/uploads/?mount=${NOWHERE}`, ['pull', 'push']],
  ['PATCH', 'blobs/uploads/*', ['push']],
  ['PUT', `blobs/uploads/*?digest=${NOWHERE}`, ['push']],
  ['DELETE', 'blobs/uploads/*', ['push']],
  ['PUT', 'manifests/v2', ['pull', 'push']],
  ['DELETE', 'manifests/v2', ['delete']],
  ['DELETE', `blobs/${NOWHERE}`, ['delete']],
];

it.each(['pull', 'push', 'pull,push', 'delete', 'pull,delete', 'push,delete', 'pull,push,delete'])(
  'ACC-01: a token for %s opens the routes that need no more, and no others',
  async (actions) => {
    const client = new Http(registry, `Bearer ${await tokenFor(registry, [`repository:rules/app:${actions}`])}`);
    await pushImage(http, 'rules/app', 'v1');
    for (const [method, path, needs] of ROUTES) {
      const id = (await openUpload(http, 'rules/app')).split('/').at(-1)!;
      const answer = await client.send(method, `/v2/rules/app/${path.replace('*', id)}`);
      const allowed = needs.every((action) => actions.split(',').includes(action));
      expect([method, path, answer.status !== 401]).toEqual([method, path, allowed]);
      expect(answer.status).not.toBe(403);
    }
    const upload = await openUpload(http, 'rules/app');
    const mayAsk = actions.includes('pull') || actions.includes('push');
    expect((await client.send('GET', upload)).status).toBe(mayAsk ? 204 : 401);
    client.close();
  },
);

it.each([
  ['push to the target alone', ['repository:rules/target:pull,push'], 401],
  ['pull of the source alone', ['repository:rules/source:pull'], 401],
  ['push to both, pull of neither', ['repository:rules/target:push', 'repository:rules/source:push'], 401],
  [
    'push to the target and pull of the source',
    ['repository:rules/target:pull,push', 'repository:rules/source:pull'],
    201,
  ],
])('ACC-01, MNT-04: a mount with a token for %s', async (_, scopes, status) => {
  const client = new Http(registry, `Bearer ${await tokenFor(registry, scopes)}`);
  const query = `mount=${digestOf('rules/source v1')}&from=rules/source`;
  const answer = await client.send('POST', `/v2/rules/target/blobs/uploads/?${query}`);
  expect(answer.status).toBe(status);
  client.close();
});

it('AUTH-09: without access there is no telling what is there; with access what is not there is 404', async () => {
  const without = new Http(registry, `Bearer ${await tokenFor(registry, ['repository:rules/other:pull'])}`);
  const paths = [
    'manifests/v1',
    'manifests/v9',
    `manifests/${NOWHERE}`,
    `blobs/${NOWHERE}`,
    `blobs/${digestOf('rules/source v1')}`,
  ];
  for (const path of paths) {
    const answers = await Promise.all(
      ['rules/source', 'rules/nothing', 'nothing/there'].map((name) => without.send('GET', `/v2/${name}/${path}`)),
    );
    for (const { status, codes } of answers) expect([path, status, codes]).toEqual([path, 401, ['UNAUTHORIZED']]);
    expect(new Set(answers.map(({ body }) => String(body))).size).toBe(1);
  }
  without.close();
  const scopes = ['repository:rules/source:pull', 'repository:rules/nothing:pull', 'repository:nothing/there:pull'];
  const allowed = new Http(registry, `Bearer ${await tokenFor(registry, scopes)}`);
  for (const name of ['rules/source', 'rules/nothing', 'nothing/there']) {
    for (const path of ['manifests/v9', `blobs/${NOWHERE}`]) {
      for (const method of ['GET', 'HEAD'])
        expect((await allowed.send(method, `/v2/${name}/${path}`)).status).toBe(404);
    }
  }
  allowed.close();
});
