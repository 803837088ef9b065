import { once } from 'node:events';
import { seededBytes } from '../support/seeded-bytes.js';
import { digestOf, NOWHERE, pushImage, putBlob } from './support/content.js';
import { answersIn } from './support/raw.js';
import { slowReader } from './support/slow-reader.js';
import { useRegistry } from './support/use-registry.js';

const BLOB = seededBytes(2048, 'blob pull');
const LARGE = seededBytes(3 * 1024 * 1024 + 7, 'large blob');

const { registry, http } = useRegistry();
let path: string;
let large: string;

beforeAll(async () => {
  path = `/v2/pull/app/blobs/${await putBlob(http, 'pull/app', BLOB)}`;
  large = `/v2/pull/app/blobs/${await putBlob(http, 'pull/app', LARGE)}`;
  await putBlob(http, 'pull/app', '');
});

const get = (headers: Record<string, string> = {}, at = path) => http.send('GET', at, { headers });

it('BLOB-01, BLOB-02: HEAD and GET say length, digest, type and that ranges are taken', async () => {
  const expected = {
    'content-length': '2048',
    'docker-content-digest': digestOf(BLOB),
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
  };
  expect(await http.send('HEAD', path)).toMatchObject({ status: 200, headers: expected });
  const answer = await get();
  expect(answer).toMatchObject({ status: 200, headers: expected });
  expect(digestOf(answer.body)).toBe(digestOf(BLOB));
  expect(digestOf((await get({}, large)).body)).toBe(digestOf(LARGE));
});

it('BLOB-01: the empty blob has length 0', async () => {
  const empty = `/v2/pull/app/blobs/${digestOf('')}`;
  for (const method of ['HEAD', 'GET']) {
    expect(await http.send(method, empty)).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
  }
  expect((await get({ range: 'bytes=0-' }, empty)).status).toBe(200);
  expect((await get({ range: 'bytes=1-' }, empty)).status).toBe(416);
});

describe('BLOB-05, BLOB-12: a range', () => {
  it.each([
    ['bytes=500-1499', 500, 1499],
    ['bytes=500-', 500, 2047],
    ['bytes=-500', 1548, 2047],
    ['bytes=-5000', 0, 2047],
    ['bytes=2000-5000', 2000, 2047],
    ['bytes=0-0', 0, 0],
    ['bytes=2047-2047', 2047, 2047],
  ])('%s is answered with bytes %i to %i', async (range, start, end) => {
    const answer = await get({ range });
    const headers = { 'content-range': `bytes ${start}-${end}/2048`, 'content-length': String(end - start + 1) };
    expect(answer).toMatchObject({ status: 206, headers });
    expect(answer.body.equals(BLOB.subarray(start, end + 1))).toBe(true);
  });

  it('within a blob of several blocks is exact', async () => {
    const [start, end] = [1_048_570, 2_097_160];
    const answer = await get({ range: `bytes=${start}-${end}` }, large);
    expect(answer.status).toBe(206);
    expect(answer.body.equals(LARGE.subarray(start, end + 1))).toBe(true);
  });

  const unsatisfiable = async (range: string) => {
    const answer = await get({ range });
    expect(answer).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */2048' } });
    expect(answer.headers['cache-control'] ?? '').not.toContain('immutable');
  };

  it.each(['bytes=5000-10000', 'bytes=2048-4096', 'bytes=2048-', 'bytes=-0'])(
    'BLOB-06: %s, which holds no byte of the blob, is 416 with the length',
    unsatisfiable,
  );

  it.each(['bytes=500-0', 'bytes=2047-2046', 'bytes=5000-4000'])(
    'BLOB-07: %s, which ends before it starts, is 416 with the length',
    unsatisfiable,
  );

  it.each(['bytes=0-1,5-9', 'bytes=a-b', 'lines=0-5', 'bytes=', 'bytes'])(
    'BLOB-08: %s is the whole blob',
    async (range) => {
      expect(await get({ range })).toMatchObject({ status: 200, headers: { 'content-length': '2048' } });
    },
  );

  it('HTTP-34: of a HEAD is ignored', async () => {
    const answer = await http.send('HEAD', path, { headers: { range: 'bytes=5-9' } });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '2048' } });
    expect(answer.headers).not.toHaveProperty('content-range');
  });

  it('BLOB-11: is answered beside others of the same blob, one of which is stalled', async () => {
    // More than the buffers of both ends hold, so that its answer is at work until it is read.
    const bytes = seededBytes(24 * 1024 * 1024, 'stalled');
    const stalledAt = `/v2/pull/app/blobs/${await putBlob(http, 'pull/app', bytes)}`;
    const lines = [`Authorization: ${http.authorization}`, 'Range: bytes=1-', 'Connection: close'];
    const stalled = await slowReader(registry, stalledAt, ...lines);
    // Its head came, and nothing takes it.
    await once(stalled, 'readable');

    const beside = await get({ range: 'bytes=1-' }, stalledAt);
    expect([beside.status, digestOf(beside.body)]).toEqual([206, digestOf(bytes.subarray(1))]);
    expect([stalled.closed, stalled.bytesRead < bytes.length]).toEqual([false, true]);

    const { answers } = answersIn(Buffer.concat(await stalled.toArray()).toString('latin1'));
    expect(answers.map(({ status, body }) => [status, digestOf(body)])).toEqual([[206, digestOf(bytes.subarray(1))]]);
  });

  it('BLOB-11: is answered whole, sixteen at once', async () => {
    const starts = Array.from({ length: 16 }, (_, n) => n * 196_608);
    const parts = await Promise.all(starts.map((start) => get({ range: `bytes=${start}-${start + 196_607}` }, large)));
    expect(digestOf(Buffer.concat(parts.map(({ body }) => body)))).toBe(digestOf(LARGE.subarray(0, 16 * 196_608)));
  });
});

describe('BLOB-09, BLOB-10: validators', () => {
  const etag = `"${digestOf(BLOB)}"`;

  it('name the digest, and the answer may be kept for ever', async () => {
    const { headers } = await get();
    expect(headers.etag).toBe(etag);
    expect(headers['cache-control']).toBe('private, max-age=31536000, immutable, no-transform');
  });

  it.each([etag, `W/${etag}`, `"x", ${etag}`, '*', digestOf(BLOB)])('If-None-Match %s is 304', async (value) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await http.send(method, path, { headers: { 'if-none-match': value } });
      expect(answer).toMatchObject({ status: 304, headers: { etag, 'docker-content-digest': digestOf(BLOB) } });
    }
  });

  it('If-None-Match of another blob is 200', async () => {
    expect((await get({ 'if-none-match': `"${NOWHERE}"` })).status).toBe(200);
  });

  it('If-Range of ours honours the range, of another gives the whole', async () => {
    expect((await get({ range: 'bytes=0-9', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=0-9', 'if-range': `"${NOWHERE}"` })).status).toBe(200);
    expect((await get({ range: 'bytes=0-9', 'if-range': 'Wed, 01 Jan 2020 00:00:00 GMT' })).status).toBe(200);
  });
});

it('HTTP-14: an Accept-Encoding changes nothing', async () => {
  const answer = await get({ 'accept-encoding': 'zstd,gzip,deflate' });
  expect(answer.body.equals(BLOB)).toBe(true);
});

it('HTTP-03: a digest with an escaped colon is the same blob', async () => {
  expect((await get({}, path.replace(':', '%3A'))).body.equals(BLOB)).toBe(true);
  expect((await get({}, path.replace(':', '%3a'))).status).toBe(200);
});

it('BLOB-03, BLOB-04: a blob is seen in its own repository only, and a HEAD elsewhere does not change that', async () => {
  const other = path.replace('pull/app', 'pull/other');
  await putBlob(http, 'pull/other', 'something else');
  for (const method of ['HEAD', 'GET', 'HEAD']) {
    const answer = await http.send(method, other);
    expect(answer.status).toBe(404);
    if (method === 'GET') expect(answer.codes).toEqual(['BLOB_UNKNOWN']);
  }
});

it('BLOB-19: a manifest is no blob', async () => {
  const manifest = await pushImage(http, 'pull/image', 'v1');
  expect(await get({}, `/v2/pull/image/blobs/${manifest}`)).toMatchObject({ status: 404, codes: ['BLOB_UNKNOWN'] });
});

it.each([
  ['sha256:abc', 400],
  [`sha256:${'A'.repeat(64)}`, 400],
  ['nothing', 400],
  [`blake3:${'0'.repeat(64)}`, 404],
  [NOWHERE, 404],
])('NAME-06, NAME-08: GET and HEAD of blob %s are %i', async (digest, status) => {
  for (const method of ['GET', 'HEAD']) {
    expect((await http.send(method, `/v2/pull/app/blobs/${digest}`)).status).toBe(status);
  }
});
