import { type Answer } from '../protocol/support/answer.js';
import { digestOf, openUpload, pushImage, putBlob } from '../protocol/support/content.js';
import { Http } from '../protocol/support/http.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { BUCKET, useS3Registry } from './support/use-s3-registry.js';

// GET of a blob as an address in the bucket. Nearby clients are redirected here, those of 192.0.2.0/24 are not.

const CLIENTS = '127.0.0.0/8,198.51.100.7';
const BLOB = seededBytes(6 * 1024 * 1024, 'redirected');
const { registry, http, closing, s3 } = useS3Registry({
  LADING_BLOB_REDIRECT: CLIENTS,
  LADING_TRUSTED_PROXIES: '127.0.0.1',
});
let path: string;
beforeAll(async () => {
  path = `/v2/redirect/app/blobs/${await putBlob(http, 'redirect/app', BLOB)}`;
  await pushImage(http, 'redirect/app', 'v1');
});

const get = (headers: Record<string, string> = {}, at = path) => http.send('GET', at, { headers });
const addressIn = ({ status, headers }: Answer): string => {
  expect(status).toBe(307);
  return headers.location!;
};

it('BLOB-13, D-14: GET of a blob is 307 with an address that gives the bytes', async () => {
  const answer = await get();
  expect(answer).toMatchObject({
    status: 307,
    headers: { 'content-length': '0', 'docker-content-digest': digestOf(BLOB), 'cache-control': 'no-store' },
  });
  const address = new URL(addressIn(answer));
  expect(address.origin).toBe(s3().url);
  expect(digestOf(Buffer.from(await (await fetch(address)).arrayBuffer()))).toBe(digestOf(BLOB));
});

describe('BLOB-13: for whom it is, by their address', () => {
  it.each([
    ['198.51.100.7', 307],
    ['198.51.100.8', 200],
    ['192.0.2.1', 200],
    ['2001:db8::1', 200],
  ])('%s gets %d', async (address, status) => {
    expect((await get({ 'x-forwarded-for': address })).status).toBe(status);
  });
});

it('BLOB-13: what may not be read is not redirected: no such blob, no right, the wrong repository', async () => {
  expect((await get({}, `/v2/redirect/app/blobs/${digestOf('nowhere')}`)).status).toBe(404);
  expect((await get({}, path.replace('redirect/app', 'redirect/other'))).status).toBe(404);
  const stranger = closing(new Http(registry));
  expect((await stranger.send('GET', path)).status).toBe(401);
});

it('BLOB-14 (regression moby/moby#50065): HEAD is answered with 200 and the length', async () => {
  expect(await http.send('HEAD', path)).toMatchObject({
    status: 200,
    headers: { 'content-length': String(BLOB.length), 'docker-content-digest': digestOf(BLOB) },
  });
});

it('BLOB-15: manifests, tags, referrers, the catalog and uploads are answered from here', async () => {
  const location = await openUpload(http, 'redirect/app');
  for (const [method, at, status] of [
    ['GET', '/v2/redirect/app/manifests/v1', 200],
    ['GET', '/v2/redirect/app/tags/list', 200],
    ['GET', `/v2/redirect/app/referrers/${digestOf(BLOB)}`, 200],
    ['GET', '/v2/_catalog', 200],
    ['GET', location, 204],
    ['PATCH', location, 202],
    ['DELETE', location, 204],
  ] as const) {
    expect([at, (await http.send(method, at)).status]).toEqual([at, status]);
  }
});

describe('BLOB-16 (regression open-policy-agent/opa#6580, renovatebot/renovate#3877, containerd/containerd#10374)', () => {
  it('BLOB-16: the address works without Authorization, and names no credential of the registry', async () => {
    const address = addressIn(await get());
    const { status } = await fetch(address);
    expect(status).toBe(200);
    expect(address).not.toContain(registry.password);
  });

  it('BLOB-16: a client that sends its Authorization on is served where the store takes that', async () => {
    const { status } = await fetch(addressIn(await get()), { headers: { authorization: http.authorization! } });
    expect(status).toBe(200); // AWS and Ceph answer 400; the next test has the remedy.
  });

  it('BLOB-16: a client that is not redirected gets the bytes from here, with its Authorization', async () => {
    const answer = await get({ 'x-forwarded-for': '192.0.2.1' });
    expect(answer.status).toBe(200);
    expect(answer.body.equals(BLOB)).toBe(true);
  });
});

describe('BLOB-17: the address', () => {
  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=5242870-5242890', 5_242_870, 5_242_891],
    ['bytes=6291450-', 6_291_450, BLOB.length],
  ])('gives the range %s', async (range, start, end) => {
    const address = addressIn(await get({ range }));
    const answer = await fetch(address, { headers: { range } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${BLOB.length}`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(BLOB.subarray(start, end))).toBe(true);
  });

  it('says application/octet-stream, and works for 20 minutes', async () => {
    const address = addressIn(await get());
    expect((await fetch(address)).headers.get('content-type')).toBe('application/octet-stream');
    expect(new URL(address).searchParams.get('X-Amz-Expires')).toBe('1200');
  });

  it('cannot be changed into another', async () => {
    const other = await putBlob(http, 'redirect/app', 'another blob');
    const [mine, its] = [addressIn(await get()), addressIn(await get({}, `/v2/redirect/app/blobs/${other}`))];
    const forged = new URL(mine);
    forged.pathname = new URL(its).pathname;
    expect((await fetch(forged)).status).toBe(403);
    expect((await fetch(mine, { method: 'DELETE' })).status).toBe(403);
    expect((await fetch(mine, { method: 'HEAD' })).status).toBe(403);
  });
});

it('BLOB-06, BLOB-09, BLOB-10: what the store cannot know is answered from here', async () => {
  const tag = `"${digestOf(BLOB)}"`;
  expect((await get({ 'if-none-match': tag })).status).toBe(304);
  expect((await get({ range: `bytes=${BLOB.length}-` })).status).toBe(416);
  const resumed = await get({ range: 'bytes=100-', 'if-range': tag });
  expect(resumed.status).toBe(206);
  expect(resumed.body.equals(BLOB.subarray(100))).toBe(true);
  const empty = await putBlob(http, 'redirect/app', '');
  expect((await get({}, `/v2/redirect/app/blobs/${empty}`)).status).toBe(200);
});

it('leaves the objects of the bucket as they are', () => {
  expect(s3().keys(BUCKET, 'tails/')).toEqual([]);
});
