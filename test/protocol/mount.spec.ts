import { digestOf, NOWHERE, putBlob } from './support/content.js';
import { Http } from './support/http.js';
import { tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

const BYTES = Buffer.from('a blob to mount');
const DIGEST = digestOf(BYTES);

const { registry, http } = useRegistry();
let count = 0;
let target = '';

beforeAll(async () => {
  await putBlob(http, 'mount/source', BYTES);
});
beforeEach(() => {
  target = `mount/target${++count}`;
});

const mount = (query: string, as = http) => as.send('POST', `/v2/${target}/blobs/uploads/?${query}`);
const head = (repository: string) => http.send('HEAD', `/v2/${repository}/blobs/${DIGEST}`);

it('MNT-01: of a blob that the source shows is 201 with its location and digest', async () => {
  const answer = await mount(`mount=${DIGEST}&from=mount/source`);
  expect(answer.status).toBe(201);
  expect(answer.headers).toMatchObject({
    location: `/v2/${target}/blobs/${DIGEST}`,
    'docker-content-digest': DIGEST,
    'content-length': '0',
  });
  expect((await http.send('GET', `/v2/${target}/blobs/${DIGEST}`)).body.equals(BYTES)).toBe(true);
});

it.each([
  ['does not have it', `mount=${NOWHERE}&from=mount/source`],
  ['is not there', `mount=${DIGEST}&from=mount/nowhere`],
  ['is in no project', `mount=${DIGEST}&from=none/nowhere`],
  ['has one component', `mount=${DIGEST}&from=library`],
  ['is no name', `mount=${DIGEST}&from=UPPER/case`],
  ['is empty', `mount=${DIGEST}&from=`],
])('MNT-02: from a source that %s is 202 with a session that works', async (_, query) => {
  const answer = await mount(query);
  expect(answer.status).toBe(202);
  expect((await head(target)).status).toBe(404);
  const bytes = Buffer.from(`uploaded instead ${count}`);
  const put = await http.send('PUT', `${answer.headers.location}?digest=${digestOf(bytes)}`, { body: bytes });
  expect(put.status).toBe(201);
});

it('MNT-03, MNT-04, regression distribution/distribution#1692: a token without the source asks for it; one that was refused it uploads', async () => {
  const push = `repository:${target}:pull,push`;
  const bearer = (scopes: string[]) =>
    tokenFor(registry, scopes).then((token) => new Http(registry, `Bearer ${token}`));
  const narrow = await bearer([push]);
  const refused = await mount(`mount=${DIGEST}&from=mount/source`, narrow);
  expect(refused.status).toBe(401);
  expect(refused.headers['www-authenticate']).toContain(
    `scope="${push} repository:mount/source:pull",error="insufficient_scope"`,
  );
  const wide = await bearer([push, 'repository:mount/source:pull']);
  expect((await mount(`mount=${DIGEST}&from=mount/source`, wide)).status).toBe(201);
  const empty = await bearer([push, 'repository:mount/source:fly']);
  expect((await mount(`mount=${DIGEST}&from=mount/source`, empty)).status).toBe(202);
  for (const each of [narrow, wide, empty]) each.close();
});

it('MNT-05: without a source is 201 from whatever the caller may pull, and 202 where nothing has it', async () => {
  expect((await mount(`mount=${DIGEST}`)).status).toBe(201);
  expect((await mount(`mount=${NOWHERE}`)).status).toBe(202);
});

it.each(['sha256:abc', '', 'x', `md5:${'0'.repeat(32)}`])('MNT-06: of the digest %j is 400', async (digest) => {
  const answer = await mount(`mount=${digest}&from=mount/source`);
  expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
});

it('MNT-08, DEL-06: makes a link of its own: deleted here it stays there', async () => {
  await mount(`mount=${DIGEST}&from=mount/source`);
  expect((await http.send('DELETE', `/v2/${target}/blobs/${DIGEST}`)).status).toBe(202);
  expect((await head(target)).status).toBe(404);
  expect((await head('mount/source')).status).toBe(200);
});

it('MNT-09: within one repository is 201', async () => {
  await putBlob(http, target, BYTES);
  expect((await mount(`mount=${DIGEST}&from=${target}`)).status).toBe(201);
  expect((await mount(`mount=${NOWHERE}&from=${target}`)).status).toBe(202);
});

it('MNT-10, MNT-11: ignores origin, and a digest beside it', async () => {
  expect((await mount(`mount=${DIGEST}&from=mount/source&origin=docker.io`)).status).toBe(201);
  expect((await mount(`mount=${DIGEST}&from=mount/source&digest=${NOWHERE}`)).status).toBe(201);
  const answer = await mount(`mount=${NOWHERE}&from=mount/source&digest=${NOWHERE}`);
  expect(answer.status).toBe(202);
  expect((await http.send('GET', answer.headers.location!)).status).toBe(204);
});

it('UPL-41: a session that a mount opened is cancelled with a token to push', async () => {
  const token = await tokenFor(registry, [`repository:${target}:pull,push`, 'repository:mount/source:pull']);
  const pusher = new Http(registry, `Bearer ${token}`);
  const opened = await mount(`mount=${NOWHERE}&from=mount/source`, pusher);
  expect(opened.status).toBe(202);
  const session = opened.headers.location!;
  expect((await pusher.send('GET', session)).status).toBe(204);
  expect((await pusher.send('DELETE', session)).status).toBe(204);
  expect((await pusher.send('GET', session)).status).toBe(404);
  pusher.close();
});
