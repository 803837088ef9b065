import { runSeed as seed } from '../support/random.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { digestOf, openUpload, putBlob } from './support/content.js';
import { eventually } from './support/eventually.js';
import { OpenBody } from './support/open-body.js';
import { openFiles } from './support/open-files.js';
import { useRegistry } from './support/use-registry.js';

const MIB = 1024 * 1024;
const BLOB = seededBytes(9 * MIB + 321, 'resume');
const DIGEST = digestOf(BLOB);

const { registry, http } = useRegistry();

beforeAll(() => void process.stdout.write(`upload-resume.spec: LADING_TEST_SEED=${seed}\n`));

/** Settles once the server takes the body. */
async function start(method: string, path: string, headers: Record<string, string> = {}): Promise<OpenBody> {
  const own = { authorization: http.authorization, expect: '100-continue', ...headers };
  const body = await OpenBody.start(registry, method, path, own);
  await body.continued();
  return body;
}

/** Cuts the connection and waits until the server is through with it, which is when no file of a blob is open. */
async function cut(body: OpenBody): Promise<void> {
  body.cut();
  await eventually('the end of the request', () => openFiles(registry).blobs === 0 || undefined);
}

/** Bytes that the session has: `Range` says `0-0` for none and for one, and no test here sends one. */
async function offsetOf(location: string): Promise<number> {
  const { status, headers } = await http.send('GET', location);
  expect(status).toBe(204);
  const end = Number(headers.range?.split('-')[1]);
  return end === 0 ? 0 : end + 1;
}

/** Goes on where the status says, with a chunk and then the rest in the closing PUT, and compares what is served. */
async function complete(location: string, blob: Buffer, digest: string): Promise<void> {
  const offset = await offsetOf(location);
  const middle = offset + Math.floor((blob.length - offset) / 2);
  const headers = { 'content-range': `${offset}-${middle - 1}` };
  if (middle > offset) {
    expect((await http.send('PATCH', location, { body: blob.subarray(offset, middle), headers })).status).toBe(202);
  }
  const closed = await http.send('PUT', `${location}?digest=${digest}`, { body: blob.subarray(middle) });
  expect(closed.status).toBe(201);
  const served = await http.send('GET', closed.headers.location!);
  expect(digestOf(served.body)).toBe(digestOf(blob));
}

describe('HTTP-23: an upload whose connection is cut', () => {
  const SENT = 5 * MIB + 123;

  it.each<[string, string, Record<string, string>]>([
    ['a streaming PATCH', 'PATCH', {}],
    ['a PATCH of known length', 'PATCH', { 'content-length': String(BLOB.length) }],
    ['a closing PUT', 'PUT', { 'content-length': String(BLOB.length) }],
  ])('in %s keeps what came, says how much, and is completed', async (_, method, headers) => {
    const location = await openUpload(http, 'resume/cut');
    const body = await start(method, method === 'PUT' ? `${location}?digest=${DIGEST}` : location, headers);
    await body.write(BLOB.subarray(0, SENT));
    await cut(body);
    const offset = await offsetOf(location);
    // What Node had read and not handed on is lost with the connection.
    expect(offset).toBeGreaterThan(SENT - MIB);
    expect(offset).toBeLessThanOrEqual(SENT);
    await complete(location, BLOB, DIGEST);
  });

  it('in a chunk with Content-Range keeps what came, or nothing of it without a length, and is completed', async () => {
    for (const length of [String(BLOB.length - MIB), undefined]) {
      const location = await openUpload(http, 'resume/chunk');
      await http.send('PATCH', location, { body: BLOB.subarray(0, MIB) });
      const headers = { 'content-range': `${MIB}-${BLOB.length - 1}`, ...(length && { 'content-length': length }) };
      const body = await start('PATCH', location, headers);
      await body.write(BLOB.subarray(MIB, SENT));
      await cut(body);
      const offset = await offsetOf(location);
      if (length) expect(offset).toBeGreaterThan(SENT - MIB);
      else expect(offset).toBe(MIB);
      await complete(location, BLOB, DIGEST);
    }
  });

  it('again and again, at random places, is completed', async () => {
    const lengths = [...seededBytes(12, seed)];
    const location = await openUpload(http, 'resume/often');
    let offset = 0;
    for (const length of lengths) {
      const body = await start('PATCH', location);
      const end = Math.min(BLOB.length - 2, offset + 2 + length * 3001);
      await body.write(BLOB.subarray(offset, end));
      await cut(body);
      const now = await offsetOf(location);
      expect({ seed, within: offset <= now && now <= end }).toEqual({ seed, within: true });
      offset = now;
    }
    expect({ seed, progress: offset > 0 }).toEqual({ seed, progress: true });
    await complete(location, BLOB, DIGEST);
  });

  it('in a POST with a digest shows nothing', async () => {
    const body = await start('POST', `/v2/resume/post/blobs/uploads/?digest=${DIGEST}`, {
      'content-length': String(BLOB.length),
    });
    await body.write(BLOB.subarray(0, BLOB.length - 1));
    await cut(body);
    expect((await http.send('HEAD', `/v2/resume/post/blobs/${DIGEST}`)).status).toBe(404);
    await putBlob(http, 'resume/post', BLOB);
  });
});

describe('UPL-24, UPL-25: an upload whose server is killed', () => {
  it('in the middle of a PATCH stands at a prefix of at most 64 MiB less than came, and is completed', async () => {
    const large = seededBytes(150 * MIB + 17, 'killed');
    const location = await openUpload(http, 'resume/killed');
    const body = await start('PATCH', location);
    for (let at = 0; at < 140 * MIB; at += 4 * MIB) await body.write(large.subarray(at, at + 4 * MIB));
    await eventually('two steps', async () => (await offsetOf(location)) >= 128 * MIB || undefined);
    await registry.kill9();
    body.cut();
    await registry.restart();
    const offset = await offsetOf(location);
    expect(offset).toBeGreaterThanOrEqual(128 * MIB);
    expect(offset).toBeLessThanOrEqual(140 * MIB);
    await complete(location, large, digestOf(large));
  });

  it('between two chunks stands where it stood, under sha256 and sha512', async () => {
    const [first, second] = [
      await openUpload(http, 'resume/between'),
      await openUpload(http, 'resume/between', '?digest-algorithm=sha512'),
    ];
    for (const each of [first, second]) await http.send('PATCH', each, { body: BLOB.subarray(0, 3 * MIB) });
    await registry.kill9();
    await registry.restart();
    for (const each of [first, second]) expect(await offsetOf(each)).toBe(3 * MIB);
    await complete(first, BLOB, DIGEST);
    await complete(second, BLOB, digestOf(BLOB, 'sha512'));
  });

  it('right after its 201 is complete', async () => {
    const bytes = seededBytes(300_000, 'acknowledged');
    const digest = await putBlob(http, 'resume/acknowledged', bytes);
    await registry.kill9();
    await registry.restart();
    expect(digestOf((await http.send('GET', `/v2/resume/acknowledged/blobs/${digest}`)).body)).toBe(digest);
  });
});
