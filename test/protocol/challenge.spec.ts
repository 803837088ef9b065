import type { Answer } from './support/answer.js';
import { digestOf, NOWHERE, openUpload, pushImage } from './support/content.js';
import { Http, type Sent } from './support/http.js';
import { startRegistry } from './support/start-registry.js';
import { tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

const UPLOAD = 'blobs/uploads/00000000-0000-4000-8000-000000000000';
const PULL = 'repository:challenge/app:pull';
const PUSH = 'repository:challenge/app:pull,push';
const DELETE = 'repository:challenge/app:delete';
/** Every route, with the scope that it asks for (AUTH-05). */
const ROUTES: [method: string, path: string, scope: string | undefined][] = [
  ['GET', '/v2/', undefined],
  ['HEAD', '/v2/', undefined],
  ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ['GET', 'tags/list', PULL],
  ['HEAD', 'tags/list', PULL],
  ['GET', 'manifests/v1', PULL],
  ['HEAD', `manifests/${NOWHERE}`, PULL],
  ['PUT', 'manifests/v1', PUSH],
  ['DELETE', 'manifests/v1', DELETE],
  ['DELETE', `manifests/${NOWHERE}`, DELETE],
  ['GET', `blobs/${NOWHERE}`, PULL],
  ['HEAD', `blobs/${NOWHERE}`, PULL],
  ['DELETE', `blobs/${NOWHERE}`, DELETE],
  ['GET', `referrers/${NOWHERE}`, PULL],
  ['POST', 'blobs/uploads/', PUSH],
  ['POST', `blobs/uploads/?digest=${NOWHERE}`, PUSH],
  ['POST', `blobs/uploads/?mount=${NOWHERE}`, PUSH],
  ['POST', `blobs/uploads/?mount=${NOWHERE}&from=other/app`, `${PUSH} repository:other/app:pull`],
  ['PATCH', UPLOAD, PUSH],
  ['PUT', `${UPLOAD}?digest=${NOWHERE}`, PUSH],
  ['GET', UPLOAD, PUSH],
  ['DELETE', UPLOAD, PUSH],
];

const { registry, http, closing } = useRegistry();
const anonymous = closing(new Http(registry));
/** A token of another installation. */
let foreign = '';

beforeAll(async () => {
  await pushImage(http, 'challenge/app', 'v1');
  const other = await startRegistry();
  foreign = `Bearer ${await tokenFor(other, [PUSH, DELETE, 'registry:catalog:*'])}`;
  await other.stop();
});

const urlOf = (path: string) => (path.startsWith('/') ? path : `/v2/challenge/app/${path}`);
/** The attributes of the one challenge that a 401 must carry. */
const challengeOf = (answer: Answer) => {
  expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, expect.any(String)]);
  const header = answer.headers['www-authenticate']!;
  expect(header.match(/bearer|basic/gi)).toEqual(['Bearer']);
  return Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
};

describe.each(ROUTES)('%s %s', (method, path, scope) => {
  const realm = () => `${registry.url}/token`;

  it('AUTH-03, AUTH-05, AUTH-08, AUTH-11: without credentials is 401 with a challenge for %s', async () => {
    const answer = await anonymous.send(method, urlOf(path));
    expect(challengeOf(answer)).toEqual({ realm: realm(), service: 'lading', ...(scope && { scope }) });
  });

  it('AUTH-03, AUTH-10, AUTH-11, AUTH-16: with credentials that are none here is the same, and invalid_token', async () => {
    const expected = { realm: realm(), service: 'lading', ...(scope && { scope }), error: 'invalid_token' };
    for (const authorization of ['Bearer x', 'Bearer', 'Basic !!!', 'Negotiate x', foreign]) {
      expect(challengeOf(await anonymous.send(method, urlOf(path), { headers: { authorization } }))).toEqual(expected);
    }
  });

  if (scope?.startsWith('repository:')) {
    it('AUTH-03, AUTH-07, AUTH-11: with a token for another repository is the same, and insufficient_scope', async () => {
      const client = await bearer('repository:challenge/other:pull,push,delete');
      const answer = await client.send(method, urlOf(path));
      expect(challengeOf(answer)).toEqual({ realm: realm(), service: 'lading', scope, error: 'insufficient_scope' });
      client.close();
    });
  }
});

const bearer = async (...scopes: string[]) => new Http(registry, `Bearer ${await tokenFor(registry, scopes)}`);

it('AUTH-05: no challenge asks for everything, or for nothing in particular', async () => {
  for (const [method, path] of ROUTES) {
    const { scope } = challengeOf(await anonymous.send(method, urlOf(path)));
    if (scope === undefined || scope === 'registry:catalog:*') continue;
    for (const each of scope.split(' ')) expect(each).toMatch(/^repository:[a-z0-9/]+:[a-z]+(,[a-z]+)*$/);
  }
});

/** Keeps one token for each repository and class of method, as the official suite does, and follows one challenge. */
class CachingClient {
  private readonly tokens = new Map<string, string>();
  challenges = 0;

  async send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const key = `${path.split('/').slice(2, 4).join('/')} ${classOf(method)}`;
    const once = () =>
      anonymous.send(method, path, { ...sent, headers: { ...sent.headers, authorization: this.tokens.get(key) } });
    const answer = await once();
    if (answer.status !== 401) return answer;
    this.challenges += 1;
    const { scope = '' } = challengeOf(answer);
    this.tokens.set(key, `Bearer ${await tokenFor(registry, scope.split(' '))}`);
    return once();
  }
}

function classOf(method: string): string {
  if (method === 'GET' || method === 'HEAD') return 'pull';
  return method === 'DELETE' ? 'delete' : 'push';
}

it('AUTH-13, UPL-39, MNT-04: one challenge at a time makes any token do, for whoever keeps one for each kind of method', async () => {
  const client = new CachingClient();
  const push = (repository: string, query: string, sent?: Sent) =>
    client.send('POST', `/v2/${repository}/blobs/uploads/${query}`, sent);
  const expectChallenges = (count: number) => {
    expect(client.challenges).toBe(count);
    client.challenges = 0;
  };
  const digest = digestOf('cached');
  const opened = await push('challenge/one', '');
  expect(opened.status).toBe(202);
  expectChallenges(1);
  const location = opened.headers.location!;
  // The status is a GET: a token of its own, which is asked for with pull and push.
  expect((await client.send('GET', location)).status).toBe(204);
  expectChallenges(1);
  expect((await client.send('PATCH', location, { body: 'cached' })).status).toBe(202);
  expect((await client.send('PUT', `${location}?digest=${digest}`)).status).toBe(201);
  expect((await client.send('GET', `/v2/challenge/one/blobs/${digest}`)).status).toBe(200);
  expectChallenges(0);
  // A token to push to the target is not enough to mount; the one after the challenge is.
  expect((await push('challenge/two', '')).status).toBe(202);
  expectChallenges(1);
  expect((await push('challenge/two', `?mount=${digest}&from=challenge/one`)).status).toBe(201);
  expectChallenges(1);
  expect((await push('challenge/two', `?digest=${digest}`, { body: 'cached' })).status).toBe(201);
  expectChallenges(0);
  for (const repository of ['challenge/one', 'challenge/two']) {
    expect((await client.send('DELETE', `/v2/${repository}/blobs/${digest}`)).status).toBe(202);
    expectChallenges(1);
    expect((await client.send('HEAD', `/v2/${repository}/blobs/${digest}`)).status).toBe(404);
  }
});

describe('DEL-09: a delete', () => {
  it.each([
    ['repository:challenge/app:delete', 202],
    ['repository:challenge/app:*', 202],
    ['repository:challenge/app:pull,push,delete', 202],
    ['repository:challenge/app:pull,delete', 202],
    ['repository:challenge/app:push', 401],
    ['repository:challenge/app:pull,push', 401],
    ['repository:challenge/app:pull', 401],
    ['repository:challenge/other:delete', 401],
  ])('with a token for %s is %i', async (scope, status) => {
    const digest = await pushImage(http, 'challenge/app', 'gone', `to delete with ${scope}`);
    const layer = `blobs/${digestOf(`to delete with ${scope}`)}`;
    const client = await bearer(scope);
    for (const path of ['manifests/gone', `manifests/${digest}`, layer]) {
      const answer = await client.send('DELETE', `/v2/challenge/app/${path}`);
      expect([path, answer.status]).toEqual([path, status]);
      if (status === 401) expect(challengeOf(answer)).toMatchObject({ scope: DELETE, error: 'insufficient_scope' });
      const after = await http.send('HEAD', `/v2/challenge/app/${path}`);
      expect([path, after.status]).toEqual([path, status === 202 ? 404 : 200]);
    }
    client.close();
  });

  it('is a GET by tag and a DELETE by digest with one token for *', async () => {
    const digest = await pushImage(http, 'challenge/app', 'skopeo');
    const client = await bearer('repository:challenge/app:*');
    const found = await client.send('GET', '/v2/challenge/app/manifests/skopeo');
    expect([found.status, found.headers['docker-content-digest']]).toEqual([200, digest]);
    expect((await client.send('DELETE', `/v2/challenge/app/manifests/${digest}`)).status).toBe(202);
    expect((await client.send('GET', '/v2/challenge/app/manifests/skopeo')).status).toBe(404);
    client.close();
  });
});

// Deletion cannot be turned off here. What is refused as a feature is what a manifest still needs.
it('DEL-04: a delete that is not offered is 405 UNSUPPORTED, and changes nothing', async () => {
  const digest = await pushImage(http, 'challenge/kept', 'v1', 'kept');
  const upload = await openUpload(http, 'challenge/kept');
  for (const path of [`blobs/${digestOf('kept')}`, 'tags/list', `referrers/${digest}`, 'blobs/uploads/']) {
    const answer = await http.send('DELETE', `/v2/challenge/kept/${path}`);
    expect([path, answer.status, answer.codes]).toEqual([path, 405, ['UNSUPPORTED']]);
  }
  for (const path of ['manifests/v1', `blobs/${digestOf('kept')}`]) {
    expect((await http.send('GET', `/v2/challenge/kept/${path}`)).status).toBe(200);
  }
  expect((await http.send('GET', upload)).status).toBe(204);
});
