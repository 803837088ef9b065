import { seededBytes } from '../support/seeded-bytes.js';
import { digestOf, NOWHERE, openUpload } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

const BLOB = seededBytes(300_000, 'upload');
const A = BLOB.subarray(0, 100_000);
const B = BLOB.subarray(100_000);
const DIGEST = digestOf(BLOB);

const { http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `up/app${++count}`;
});

const open = (query = '') => openUpload(http, name, query);
const patch = (at: string, body: Buffer | readonly Buffer[], headers: Record<string, string> = {}) =>
  http.send('PATCH', at, { body, headers });
const chunk = (at: string, body: Buffer, start: number) =>
  patch(at, body, { 'content-range': `${start}-${start + body.length - 1}` });
const close = (at: string, digest = DIGEST, body?: Buffer | readonly Buffer[], headers?: Record<string, string>) =>
  http.send('PUT', `${at}?digest=${digest}`, { body, headers });
const status = (at: string) => http.send('GET', at);
const stored = async (bytes: Buffer, digest = digestOf(bytes)) => {
  const answer = await http.send('GET', `/v2/${name}/blobs/${digest}`);
  expect(answer.status).toBe(200);
  expect(digestOf(answer.body)).toBe(digestOf(bytes));
};
const absent = async (digest: string) =>
  expect((await http.send('HEAD', `/v2/${name}/blobs/${digest}`)).status).toBe(404);

describe('a POST', () => {
  it('UPL-01, UPL-03, HTTP-24, HTTP-26, BASE-10: opens a session at a plain path, its id last', async () => {
    const { status: code, headers } = await http.send('POST', `/v2/${name}/blobs/uploads/`);
    expect(code).toBe(202);
    expect(headers).toMatchObject({ range: '0-0', 'content-length': '0' });
    expect(headers.location).toBe(`/v2/${name}/blobs/uploads/${headers['docker-upload-uuid']}`);
    expect(headers.location).toMatch(/^[A-Za-z0-9._~/-]+$/);
    expect(headers).not.toHaveProperty('oci-chunk-min-length');
  });

  it('HTTP-05: takes the path without its last slash alike', async () => {
    expect((await http.send('POST', `/v2/${name}/blobs/uploads`)).status).toBe(202);
  });

  it.each([undefined, 'application/json', 'application/octet-stream', 'a/b', 'multipart/form-data; boundary=x'])(
    'HTTP-09, HTTP-10, regression nestjs/nest#15743: of an empty body with the type %s opens a session',
    async (type) => {
      const answer = await http.send('POST', `/v2/${name}/blobs/uploads/`, { headers: { 'content-type': type } });
      expect(answer.status).toBe(202);
    },
  );

  it('UPL-04, BASE-07: with digest and body stores the blob at once', async () => {
    const answer = await http.send('POST', `/v2/${name}/blobs/uploads/?digest=${DIGEST}`, { body: BLOB });
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({ location: `/v2/${name}/blobs/${DIGEST}`, 'docker-content-digest': DIGEST });
    await stored(BLOB);
  });

  it('UPL-04, HTTP-11: with a chunked body stores the blob at once', async () => {
    const answer = await http.send('POST', `/v2/${name}/blobs/uploads/?digest=${DIGEST}`, { body: [A, B] });
    expect(answer.status).toBe(201);
    await stored(BLOB);
  });

  it('UPL-05: with another digest than its bytes have is 400, and nothing is stored', async () => {
    const answer = await http.send('POST', `/v2/${name}/blobs/uploads/?digest=${NOWHERE}`, { body: BLOB });
    expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    await absent(NOWHERE);
    await absent(DIGEST);
  });

  it.each(['sha256:abc', 'x', '', `md5:${'0'.repeat(32)}`, `sha256:${'F'.repeat(64)}`])(
    'UPL-06, NAME-08: with the digest %j is 400',
    async (digest) => {
      const answer = await http.send('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: A });
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    },
  );

  it('UPL-07: announces sha512, and what is no algorithm is 400', async () => {
    const at = await open('?digest-algorithm=sha512');
    await patch(at, A);
    await patch(at, B);
    const digest = digestOf(BLOB, 'sha512');
    expect((await close(at, digest)).headers['docker-content-digest']).toBe(digest);
    await stored(BLOB, digest);
    for (const algorithm of ['md5', 'SHA256', '']) {
      const answer = await http.send('POST', `/v2/${name}/blobs/uploads/?digest-algorithm=${algorithm}`);
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    }
  });

  it('UPL-09: is taken for a blob that is there already, and its PUT is 201', async () => {
    await close(await open(), DIGEST, BLOB);
    expect((await close(await open(), DIGEST, BLOB)).status).toBe(201);
    await stored(BLOB);
  });

  it('HTTP-33: ignores parameters that it does not know', async () => {
    expect((await http.send('POST', `/v2/${name}/blobs/uploads/?origin=x&ns=docker.io&_state=1`)).status).toBe(202);
  });
});

describe('the bytes of an upload', () => {
  it('UPL-28: come in one PUT', async () => {
    const answer = await close(await open(), DIGEST, BLOB);
    expect(answer).toMatchObject({ status: 201, headers: { location: `/v2/${name}/blobs/${DIGEST}` } });
    await stored(BLOB);
  });

  it('UPL-02, UPL-29: come in one chunked PUT without a type, its parameters in any order', async () => {
    const at = await open();
    const answer = await http.send('PUT', `${at}?x=1&digest=${encodeURIComponent(DIGEST)}&y=`, { body: [A, B] });
    expect(answer.status).toBe(201);
    await stored(BLOB);
  });

  it('UPL-12, UPL-19, UPL-26, regression opencontainers/distribution-spec#580, regclient/regclient#961: come in chunks with Content-Range, each answered with the range so far', async () => {
    const at = await open();
    const first = await chunk(at, A, 0);
    expect(first).toMatchObject({ status: 202, headers: { range: '0-99999', location: at } });
    expect(first.headers['docker-upload-uuid']).toBe(at.split('/').at(-1));
    expect(await chunk(at, B, A.length)).toMatchObject({ status: 202, headers: { range: '0-299999' } });
    const closed = await close(at);
    expect(closed).toMatchObject({ status: 201, headers: { 'content-length': '0', 'docker-content-digest': DIGEST } });
    await stored(BLOB);
  });

  it('UPL-13: come with Content-Range as RFC 9110 writes it', async () => {
    const at = await open();
    expect((await patch(at, A, { 'content-range': `bytes 0-${A.length - 1}/*` })).status).toBe(202);
    expect((await patch(at, B, { 'content-range': `bytes ${A.length}-299999/300000` })).status).toBe(202);
    expect((await close(at)).status).toBe(201);
  });

  it('UPL-17, HTTP-11: come in one streaming PATCH of unknown length', async () => {
    const at = await open();
    expect(await patch(at, [A, B])).toMatchObject({ status: 202, headers: { range: '0-299999' } });
    expect((await close(at)).status).toBe(201);
    await stored(BLOB);
  });

  it('UPL-27: end with a last chunk in the PUT', async () => {
    const at = await open();
    await chunk(at, A, 0);
    expect((await close(at, DIGEST, B, { 'content-range': `${A.length}-299999` })).status).toBe(201);
    await stored(BLOB);
  });

  it('UPL-22: may have any type', async () => {
    const at = await open();
    for (const [body, type] of [
      [A, 'application/json'],
      [B, 'text/html; charset=utf-8'],
    ] as const) {
      expect((await patch(at, body, { 'content-type': type })).status).toBe(202);
    }
    expect((await close(at, DIGEST, undefined, { 'content-type': 'application/json' })).status).toBe(201);
  });

  it('NAME-11: are stored under sha512 without its being announced, in each way', async () => {
    const digest = digestOf(BLOB, 'sha512');
    const at = await open();
    await patch(at, A);
    expect((await close(at, digest, B)).status).toBe(201);
    expect((await close(await open(), digest, BLOB)).status).toBe(201);
    await stored(BLOB, digest);
    await absent(DIGEST);
  });

  it('UPL-18, UPL-20: may be none in a PATCH, which changes nothing', async () => {
    const at = await open();
    expect(await patch(at, Buffer.alloc(0))).toMatchObject({ status: 202, headers: { range: '0-0' } });
    expect(await status(at)).toMatchObject({ status: 204, headers: { range: '0-0' } });
    await patch(at, A);
    expect(await patch(at, [])).toMatchObject({ status: 202, headers: { range: '0-99999' } });
  });

  it('UPL-34: may be none at all: POST, PUT with length 0, PUT without body, empty PATCH', async () => {
    const empty = digestOf('');
    const post = await http.send('POST', `/v2/${name}/blobs/uploads/?digest=${empty}`, { body: '' });
    expect(post.status).toBe(201);
    expect((await close(await open(), empty, Buffer.alloc(0))).status).toBe(201);
    expect((await close(await open(), empty, [])).status).toBe(201);
    const at = await open();
    await patch(at, []);
    expect((await close(at, empty)).status).toBe(201);
    await stored(Buffer.alloc(0));
  });
});

describe('a chunk out of order', () => {
  it.each([
    ['ahead', 100_001],
    ['behind', 99_999],
    ['that was received already', 0],
  ])('UPL-14, UPL-15: %s is 416 with what is there, and the upload goes on', async (_, start) => {
    const at = await open();
    await chunk(at, A, 0);
    const refused = await chunk(at, B, start);
    expect([refused.status, refused.codes]).toEqual([416, ['BLOB_UPLOAD_INVALID']]);
    expect(refused.headers).toMatchObject({ location: at, range: '0-99999' });
    expect(await status(at)).toMatchObject({ status: 204, headers: { range: '0-99999' } });
    expect((await chunk(at, B, A.length)).status).toBe(202);
    expect((await close(at)).status).toBe(201);
  });

  it('UPL-15, D-01: before any byte is 416 without Range and Location', async () => {
    const at = await open();
    const refused = await chunk(at, A, 1);
    expect(refused.status).toBe(416);
    expect(refused.headers).not.toHaveProperty('range');
    expect(refused.headers).not.toHaveProperty('location');
  });

  it('UPL-27, UPL-38, regression opencontainers/distribution-spec#590: in the PUT is 416; status answers at that very URL; the right chunk is then taken', async () => {
    const at = await open();
    await chunk(at, A, 0);
    const refused = await close(at, DIGEST, B, { 'content-range': `${A.length + 1}-300000` });
    expect(refused.status).toBe(416);
    expect(await status(`${at}?digest=${DIGEST}`)).toMatchObject({ status: 204, headers: { range: '0-99999' } });
    expect((await close(at, DIGEST, B, { 'content-range': `${A.length}-299999` })).status).toBe(201);
  });
});

describe('a chunk whose length is not that of its Content-Range', () => {
  it('UPL-16: is 400 by its Content-Length, and the offset stays', async () => {
    const at = await open();
    await chunk(at, A, 0);
    for (const end of [299_998, 300_000]) {
      const answer = await patch(at, B, { 'content-range': `${A.length}-${end}` });
      expect([answer.status, answer.codes]).toEqual([400, ['SIZE_INVALID']]);
    }
    expect((await status(at)).headers.range).toBe('0-99999');
    expect((await chunk(at, B, A.length)).status).toBe(202);
    expect((await close(at)).status).toBe(201);
    await stored(BLOB);
  });

  it('UPL-16: is 400 by the bytes that were counted, and the offset stays', async () => {
    const at = await open();
    await chunk(at, A, 0);
    for (const end of [299_998, 300_000]) {
      const answer = await patch(at, [B], { 'content-range': `${A.length}-${end}` });
      expect([answer.status, answer.codes]).toEqual([400, ['SIZE_INVALID']]);
    }
    expect((await status(at)).headers.range).toBe('0-99999');
    expect((await chunk(at, B, A.length)).status).toBe(202);
    expect((await close(at)).status).toBe(201);
    await stored(BLOB);
  });

  it.each(['x', '5', '9-5', 'bytes=0-5', '-1-5', '0-99999999999999999999'])(
    'UPL-13: the header %j is 400 and the upload goes on',
    async (range) => {
      const at = await open();
      const answer = await patch(at, A, { 'content-range': range });
      expect([answer.status, answer.codes]).toEqual([400, ['BLOB_UPLOAD_INVALID']]);
      expect((await chunk(at, A, 0)).status).toBe(202);
    },
  );
});

describe('the end of an upload', () => {
  it('UPL-30, UPL-31: with the wrong digest is 400 and ends the session, whatever way the bytes came', async () => {
    for (const send of [
      async (at: string) => (await patch(at, [BLOB])) && close(at, NOWHERE),
      async (at: string) => (await chunk(at, A, 0)) && close(at, NOWHERE, B, { 'content-range': '100000-299999' }),
      (at: string) => close(at, NOWHERE, BLOB),
      async (at: string) => (await patch(at, BLOB)) && close(at, digestOf(A, 'sha512')),
    ]) {
      const at = await open();
      const answer = await send(at);
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const later = await http.send(method, `${at}?digest=${DIGEST}`);
        expect([method, later.status, later.codes]).toEqual([method, 404, ['BLOB_UPLOAD_UNKNOWN']]);
      }
    }
    await absent(NOWHERE);
  });

  it.each(['', '?digest=', '?digest=sha256:zz', `?digest=blake3:${'0'.repeat(64)}`])(
    'UPL-31: with the parameter %j is 400 and the session is kept',
    async (query) => {
      const at = await open();
      await patch(at, BLOB);
      const answer = await http.send('PUT', at + query);
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
      expect((await close(at)).status).toBe(201);
    },
  );

  it('UPL-36: asked for again is 201 again; with another digest, and as a status, it is over', async () => {
    const at = await open();
    await patch(at, BLOB);
    for (let n = 0; n < 3; n++) {
      expect(await close(at)).toMatchObject({ status: 201, headers: { location: `/v2/${name}/blobs/${DIGEST}` } });
    }
    expect((await close(at, DIGEST, BLOB)).status).toBe(201);
    expect(await close(at, NOWHERE)).toMatchObject({ status: 404, codes: ['BLOB_UPLOAD_UNKNOWN'] });
    expect(await status(at)).toMatchObject({ status: 404, codes: ['BLOB_UPLOAD_UNKNOWN'] });
    expect((await patch(at, A)).status).toBe(404);
    await stored(BLOB);
  });

  it('UPL-35, ERR-09: of the same blob many times at once is 201 for each', async () => {
    const all = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const at = await openUpload(http, n % 2 ? name : `${name}-b`);
        return close(at, DIGEST, n % 3 ? BLOB : [A, B]);
      }),
    );
    expect(all.map((answer) => answer.status)).toEqual(Array.from({ length: 12 }, () => 201));
    await stored(BLOB);
  });
});

describe('a session', () => {
  it('UPL-21, UPL-37: tells where it stands at its one location, GET and HEAD alike', async () => {
    const at = await open();
    await patch(at, A);
    for (const method of ['GET', 'HEAD']) {
      const answer = await http.send(method, at);
      expect(answer).toMatchObject({ status: 204, headers: { range: '0-99999', location: at } });
      expect(answer.headers['docker-upload-uuid']).toBe(at.split('/').at(-1));
    }
  });

  it('UPL-11: is known in its own repository only', async () => {
    const at = await open();
    const elsewhere = at.replace(name, 'up/elsewhere');
    await openUpload(http, 'up/elsewhere');
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const answer = await http.send(method, `${elsewhere}?digest=${DIGEST}`);
      expect([method, answer.status, answer.codes]).toEqual([method, 404, ['BLOB_UPLOAD_UNKNOWN']]);
    }
    expect((await status(at)).status).toBe(204);
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'not-a-uuid', 'x%00y', "'", '%E2%82%AC'])(
    'UPL-11, UPL-42: of the id %s is unknown',
    async (id) => {
      await open();
      for (const method of ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE']) {
        const answer = await http.send(method, `/v2/${name}/blobs/uploads/${id}?digest=${DIGEST}`);
        expect([method, answer.status]).toEqual([method, 404]);
        if (method !== 'HEAD') expect(answer.codes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
      }
    },
  );

  it('UPL-40, UPL-42: is cancelled with 204, and is then unknown', async () => {
    const at = await open();
    await patch(at, A);
    expect((await http.send('DELETE', at)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const answer = await http.send(method, `${at}?digest=${DIGEST}`);
      expect([method, answer.status, answer.codes]).toEqual([method, 404, ['BLOB_UPLOAD_UNKNOWN']]);
    }
  });
});
