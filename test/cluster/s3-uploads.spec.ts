import { digestOf, openUpload, pushImage } from '../protocol/support/content.js';
import { eventually } from '../protocol/support/eventually.js';
import { OpenBody } from '../protocol/support/open-body.js';
import { UPLOAD_STYLES } from '../protocol/support/upload-styles.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { BUCKET, useS3Registry } from './support/use-s3-registry.js';

// Uploads to a registry whose blobs are in S3: what is promised is the same as with files.

const MIB = 1024 * 1024;
const { registry, http, s3 } = useS3Registry({ LADING_GC_INTERVAL: '50ms', LADING_UPLOAD_TTL: '1h' });

const at = (repository: string, digest: string) => `/v2/${repository}/blobs/${digest}`;
const digestServed = async (path: string) => digestOf((await http.send('GET', path)).body);

async function offsetOf(location: string): Promise<number> {
  const { status, headers } = await http.send('GET', location);
  expect(status).toBe(204);
  const end = Number(headers.range?.split('-')[1]);
  return end === 0 ? 0 : end + 1;
}

describe.each(Object.keys(UPLOAD_STYLES))('UPL-04, UPL-26, UPL-34: by %s', (style) => {
  it.each([
    ['nothing', 0],
    ['a few bytes', 33],
    ['exactly one part', 5 * MIB],
    ['one byte more', 5 * MIB + 1],
    ['several parts', 17 * MIB + 7],
  ])('%s arrives whole', async (what, size) => {
    const bytes = seededBytes(size, `${style} ${what}`);
    const { status, headers } = await UPLOAD_STYLES[style]!(http, 's3/styles', bytes);
    expect(status).toBe(201);
    const served = await http.send('GET', headers.location!);
    expect(served.headers['content-length']).toBe(String(size));
    expect(served.body.equals(bytes)).toBe(true);
  });
});

it('BLOB-05, BLOB-12: ranges are exact, within a part and across parts', async () => {
  const bytes = seededBytes(12 * MIB, 'ranges');
  await UPLOAD_STYLES['one POST']!(http, 's3/ranges', bytes);
  const path = at('s3/ranges', digestOf(bytes));
  for (const [start, end] of [
    [0, 0],
    [5 * MIB - 3, 5 * MIB + 3],
    [1, 11 * MIB],
    [12 * MIB - 1, 12 * MIB - 1],
  ] as [number, number][]) {
    const { status, body } = await http.send('GET', path, { headers: { range: `bytes=${start}-${end}` } });
    expect(status).toBe(206);
    expect(body.equals(bytes.subarray(start, end + 1))).toBe(true);
  }
});

describe('an upload that outlives its server', () => {
  const blob = seededBytes(23 * MIB + 11, 'outlives');

  it('UPL-24, UPL-25: goes on after each restart, and its digest is that of all bytes', async () => {
    const location = await openUpload(http, 's3/restarted');
    const ends = [9 * MIB, 13 * MIB];
    let start = 0;
    for (const end of ends) {
      const headers = { 'content-range': `${start}-${end - 1}` };
      const { status } = await http.send('PATCH', location, { headers, body: blob.subarray(start, end) });
      expect(status).toBe(202);
      await registry.restart();
      expect(await offsetOf(location)).toBe(end);
      start = end;
    }
    const closed = await http.send('PUT', `${location}?digest=${digestOf(blob)}`, { body: blob.subarray(start) });
    expect(closed.status).toBe(201);
    expect(await digestServed(closed.headers.location!)).toBe(digestOf(blob));
    expect(s3().unfinished(BUCKET)).toEqual([]);
  });

  it('UPL-30, UPL-31: is refused after a restart where the digest is another, and leaves nothing', async () => {
    const before = s3().keys(BUCKET, 'blobs/').length;
    const location = await openUpload(http, 's3/wrong');
    expect((await http.send('PATCH', location, { body: blob.subarray(0, 11 * MIB) })).status).toBe(202);
    await registry.restart();
    const wrong = digestOf('something else');
    const refused = await http.send('PUT', `${location}?digest=${wrong}`);
    expect(refused).toMatchObject({ status: 400, codes: ['DIGEST_INVALID'] });
    expect((await http.send('GET', location)).status).toBe(404);
    expect((await http.send('HEAD', at('s3/wrong', wrong))).status).toBe(404);
    await eventually('the removal', () => (s3().keys(BUCKET, 'blobs/').length === before ? true : undefined));
  });

  it('NAME-11: may be closed with another algorithm than it began with', async () => {
    const location = await openUpload(http, 's3/another');
    expect((await http.send('PATCH', location, { body: blob })).status).toBe(202);
    const digest = digestOf(blob, 'sha512');
    const closed = await http.send('PUT', `${location}?digest=${digest}`);
    expect(closed.status).toBe(201);
    expect(digestOf((await http.send('GET', at('s3/another', digest))).body, 'sha512')).toBe(digest);
  });

  it('HTTP-23: keeps what came before kill -9 in mid-upload, and goes on from there', async () => {
    const location = await openUpload(http, 's3/killed');
    const first = await http.send('PATCH', location, { body: blob.subarray(0, 7 * MIB) });
    expect(first.status).toBe(202);
    const body = await OpenBody.start(registry, 'PATCH', location, {
      authorization: http.authorization,
      'content-length': String(blob.length - 7 * MIB),
    });
    await body.write(blob.subarray(7 * MIB, 18 * MIB));
    await eventually('a further part', () => (s3().unfinished(BUCKET).length > 1 ? true : undefined));
    await registry.kill9();
    await registry.restart();
    const offset = await offsetOf(location);
    expect(offset).toBeGreaterThanOrEqual(7 * MIB);
    expect(offset).toBeLessThanOrEqual(18 * MIB);
    const closed = await http.send('PUT', `${location}?digest=${digestOf(blob)}`, { body: blob.subarray(offset) });
    expect(closed.status).toBe(201);
    expect(await digestServed(closed.headers.location!)).toBe(digestOf(blob));
  });
});

it('UPL-40: a cancelled upload leaves nothing in the bucket', async () => {
  const before = s3().keys(BUCKET);
  const location = await openUpload(http, 's3/cancelled');
  expect((await http.send('PATCH', location, { body: seededBytes(8 * MIB, 'cancelled') })).status).toBe(202);
  expect(s3().keys(BUCKET).length).toBe(before.length + 1); // Its tail.
  expect((await http.send('DELETE', location)).status).toBe(204);
  await eventually('the removal', () => (s3().keys(BUCKET).length === before.length ? true : undefined));
  await eventually('the end of its parts', () => (s3().unfinished(BUCKET).length === 0 ? true : undefined));
});

it('ERR-05: answers 503 while S3 is away, and goes on where it left off when it is back', async () => {
  const blob = seededBytes(9 * MIB, 'away');
  await pushImage(http, 's3/away', 'v1');
  const location = await openUpload(http, 's3/away');
  expect((await http.send('PATCH', location, { body: blob.subarray(0, 6 * MIB) })).status).toBe(202);
  await s3().kill9();
  const away = await http.send('PATCH', location, { body: blob.subarray(6 * MIB) });
  expect(away).toMatchObject({ status: 503, codes: ['UNAVAILABLE'] });
  const posted = await http.send('POST', `/v2/s3/away/blobs/uploads/?digest=${digestOf('small')}`, { body: 'small' });
  expect(posted.status).toBe(503);
  expect((await http.send('GET', '/v2/s3/away/manifests/v1')).status).toBe(200);
  await s3().listen();
  expect(await offsetOf(location)).toBe(6 * MIB);
  const closed = await http.send('PUT', `${location}?digest=${digestOf(blob)}`, { body: blob.subarray(6 * MIB) });
  expect(closed.status).toBe(201);
  expect(await digestServed(closed.headers.location!)).toBe(digestOf(blob));
});
