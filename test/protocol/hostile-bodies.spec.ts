import { brotliCompressSync, gzipSync } from 'node:zlib';
import { digestOf, imageOf, NOWHERE, openUpload, putManifest } from './support/content.js';
import { Http } from './support/http.js';
import { head, Raw } from './support/raw.js';
import { memoryOf, useUnharmed } from './support/unharmed.js';

const NAME = 'hostile/app';
const MIB = 1024 * 1024;
/** What two lengths that lie provoke: a disk without room is an error of the operator's. */
const NO_ROOM = 'the registry has no room for more bytes at the moment';

const { registry, http, closing } = useUnharmed({}, [NO_ROOM, NO_ROOM]);
const anonymous = closing(new Http(registry));

/** A thousandth of what it unfolds to. */
const BOMB = gzipSync(Buffer.alloc(256 * MIB), { level: 9 });
const ENCODINGS = ['gzip', 'br', 'zstd', 'deflate', 'gzip, gzip', 'x-unknown'];

describe('nothing that comes is decompressed', () => {
  it.each(ENCODINGS)('MAN-24: a manifest with Content-Encoding %s is 400, which says why', async (encoding) => {
    const plain = await imageOf(http, NAME, 'encoded');
    for (const body of [plain, gzipSync(plain), brotliCompressSync(plain), BOMB]) {
      const headers = { 'content-encoding': encoding };
      const answer = await http.send('PUT', `/v2/${NAME}/manifests/encoded`, { headers, body });
      expect([answer.status, answer.codes]).toEqual([400, ['MANIFEST_INVALID']]);
      expect(String(answer.body)).toContain('Content-Encoding is not supported');
    }
    expect((await http.send('HEAD', `/v2/${NAME}/manifests/encoded`)).status).toBe(404);
  });

  it('MAN-24: a compressed manifest that does not say so is no JSON', async () => {
    const answer = await putManifest(http, NAME, 'packed', gzipSync(await imageOf(http, NAME, 'packed')));
    expect([answer.status, answer.codes]).toEqual([400, ['MANIFEST_INVALID']]);
  });

  it('a manifest that is encoded as itself is taken', async () => {
    const body = await imageOf(http, NAME, 'identity');
    const headers = { 'content-encoding': 'identity' };
    expect((await http.send('PUT', `/v2/${NAME}/manifests/identity`, { headers, body })).status).toBe(201);
  });

  it.each(ENCODINGS)(
    'HTTP-13, HTTP-14: a blob with Content-Encoding %s is the bytes that were sent',
    async (encoding) => {
      const headers = { 'content-encoding': encoding };
      const digest = digestOf(BOMB);
      const at = await openUpload(http, NAME);
      expect((await http.send('PATCH', at, { headers, body: BOMB })).headers.range).toBe(`0-${BOMB.length - 1}`);
      expect((await http.send('PUT', `${at}?digest=${digest}`, { headers })).status).toBe(201);
      const post = await http.send('POST', `/v2/${NAME}/blobs/uploads/?digest=${digest}`, { headers, body: BOMB });
      expect(post.status).toBe(201);
      const pulled = await http.send('GET', `/v2/${NAME}/blobs/${digest}`, {
        headers: { 'accept-encoding': encoding },
      });
      expect(pulled.body.equals(BOMB)).toBe(true);
      expect(pulled.headers).not.toHaveProperty('content-encoding');
      expect((await http.send('DELETE', `/v2/${NAME}/blobs/${digest}`)).status).toBe(202);
    },
  );

  it('TOK-22: a form with Content-Encoding is none, whatever it unfolds to', async () => {
    const form = `grant_type=password&username=${registry.user}&password=${registry.password}`;
    for (const body of [gzipSync(form), gzipSync(`${form}&x=${'0'.repeat(10 * MIB)}`)]) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' };
      const answer = await anonymous.exchange('POST', '/token', { headers, body });
      expect([answer.status, answer.codes]).toEqual([400, ['UNSUPPORTED']]);
    }
  });
});

describe('HTTP-22: bytes that come a byte at a time', () => {
  const piece = Buffer.from('1\r\nx\r\n'.repeat(50_000));

  it('of manifests take no more memory than they are', async () => {
    const before = memoryOf(registry);
    const start = head(
      'PUT',
      `/v2/${NAME}/manifests/x`,
      `Authorization: ${http.authorization}`,
      'Transfer-Encoding: chunked',
    );
    const clients = await Promise.all(
      Array.from({ length: 2 }, async () => {
        const raw = Raw.open(registry, start);
        for (let n = 0; n < 20; n++) await new Promise((resolve) => raw.socket.write(piece, resolve));
        return raw;
      }),
    );
    // Kept one by one, the 2 million pieces took 434 MiB.
    expect(memoryOf(registry) - before).toBeLessThan(150);
    for (const raw of clients) {
      raw.write('0\r\n\r\n');
      expect((await raw.answered(1))[0]).toMatchObject({ status: 400, codes: ['MANIFEST_INVALID'] });
      raw.cut();
    }
  });

  it('of an upload are its bytes', async () => {
    const at = await openUpload(http, NAME);
    const raw = Raw.open(
      registry,
      head('PATCH', at, `Authorization: ${http.authorization}`, 'Transfer-Encoding: chunked'),
    );
    raw.write(piece);
    raw.write('0\r\n\r\n');
    expect((await raw.answered(1))[0]).toMatchObject({ status: 202, headers: { range: '0-49999' } });
    raw.cut();
    expect((await http.send('PUT', `${at}?digest=${digestOf('x'.repeat(50_000))}`)).status).toBe(201);
  });
});

describe('a length that is a lie', () => {
  const huge = '18446744073709551615';

  it.each([
    ['PUT', `/v2/${NAME}/manifests/v1`, 413],
    ['POST', `/v2/${NAME}/blobs/uploads/?digest=${NOWHERE}`, 503],
    ['POST', `/v2/${NAME}/blobs/uploads/`, 503],
    ['DELETE', `/v2/${NAME}/manifests/v1`, 404],
    ['GET', '/v2/', 200],
    ['POST', '/nothing', 404],
  ])('of 2^64 - 1 bytes for %s %s is answered before a byte comes', async (method, path, status) => {
    const raw = Raw.open(
      registry,
      head(method, path, `Authorization: ${http.authorization}`, `Content-Length: ${huge}`),
    );
    expect((await raw.answered(1))[0]!.status).toBe(status);
    raw.cut();
  });

  it('UPL-16: does not move the offset of an upload that breaks off', async () => {
    const at = await openUpload(http, NAME);
    const raw = Raw.open(
      registry,
      head('PATCH', at, `Authorization: ${http.authorization}`, `Content-Length: ${huge}`),
    );
    raw.write('abc');
    raw.socket.end();
    await raw.ended();
    const { range } = (await http.send('GET', at)).headers;
    expect(['0-0', '0-2']).toContain(range);
    expect((await http.send('DELETE', at)).status).toBe(204);
  });
});
