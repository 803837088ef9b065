import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  digestOf,
  imageOf,
  NOWHERE,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  putBlob,
  putManifest,
} from './support/content.js';
import { limit } from './support/limit.js';
import { useRegistry } from './support/use-registry.js';

const LIMIT = limit('manifest-size').most;

const { http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `man/app${++count}`;
});

const get = (reference: string, headers: Record<string, string | string[]> = {}, method = 'GET') =>
  http.send(method, `/v2/${name}/manifests/${reference}`, { headers });
const put = (reference: string, body: Buffer | readonly Buffer[] | object, type?: string) => {
  const bytes = Buffer.isBuffer(body) || Array.isArray(body) ? (body as Buffer) : Buffer.from(JSON.stringify(body));
  return putManifest(http, name, reference, bytes, type);
};
const untyped = (reference: string, body: object, type?: string) =>
  http.send('PUT', `/v2/${name}/manifests/${reference}`, {
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  });
const refused = async (answer: Promise<{ status: number; codes: string[] }>, status: number, ...codes: string[]) => {
  const { status: actual, codes: found } = await answer;
  expect([actual, found]).toEqual([status, codes]);
};

describe('a pull', () => {
  it('MAN-01, MAN-02, MAN-03, MAN-09, MAN-11: gives the bytes that came, by tag and by digest', async () => {
    const body = Buffer.concat([await imageOf(http, name, 'spaces'), Buffer.from(' \n\t ')]);
    const digest = digestOf(body);
    await put('v1', body);
    for (const reference of ['v1', digest, digest.replace(':', '%3A')]) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await get(reference, {}, method);
        expect(answer.status).toBe(200);
        expect(answer.headers).toMatchObject({
          'content-type': OCI_MANIFEST,
          'content-length': String(body.length),
          'docker-content-digest': digest,
          etag: `"${digest}"`,
        });
        expect(answer.headers['cache-control']).toContain(reference === 'v1' ? 'no-cache' : 'immutable');
        if (method === 'GET') expect(answer.body.equals(body)).toBe(true);
      }
    }
  });

  it.each([
    '*/*',
    '',
    DOCKER_MANIFEST,
    'application/json',
    'text/html',
    [OCI_INDEX, DOCKER_LIST],
    `${OCI_INDEX}, ${OCI_MANIFEST};q=0.5`,
  ])('MAN-05, MAN-06, HTTP-31: gives what is stored whatever Accept says: %j', async (accept) => {
    const digest = await pushImage(http, name, 'v1');
    for (const reference of ['v1', digest]) {
      expect(await get(reference, { accept })).toMatchObject({
        status: 200,
        headers: { 'content-type': OCI_MANIFEST },
      });
    }
  });

  it('MAN-09: is 304 where If-None-Match names the digest', async () => {
    const digest = await pushImage(http, name, 'v1');
    for (const value of [digest, `"${digest}"`, `W/"${digest}"`, `"a", "${digest}"`, '*']) {
      const answer = await get('v1', { 'if-none-match': value });
      expect(answer).toMatchObject({ status: 304, headers: { 'docker-content-digest': digest } });
    }
    expect((await get('v1', { 'if-none-match': `"${NOWHERE}"` })).status).toBe(200);
  });

  it('MAN-08: of what is not there is 404', async () => {
    await refused(get('v1'), 404, 'MANIFEST_UNKNOWN');
    await pushImage(http, name, 'v1');
    await refused(get('v2'), 404, 'MANIFEST_UNKNOWN');
    await refused(get('V1'), 404, 'MANIFEST_UNKNOWN');
    await refused(get(NOWHERE), 404, 'MANIFEST_UNKNOWN');
    expect((await get('v2', {}, 'HEAD')).status).toBe(404);
  });

  it('NAME-05, regression oras-project/oras-go#1396: a tag that looks like a digest is a tag', async () => {
    const digest = await pushImage(http, name, 'v1');
    await refused(get(digest.replace(':', '-')), 404, 'MANIFEST_UNKNOWN');
    const tag = digest.replace(':', '-');
    const other = await pushImage(http, name, tag, 'signature');
    expect((await get(tag)).headers['docker-content-digest']).toBe(other);
  });
});

describe('a push', () => {
  it('MAN-14, MAN-15: is 201 with the location by digest, which can be pulled at once', async () => {
    const body = await imageOf(http, name, 'pushed');
    for (const reference of ['v1', digestOf(body)]) {
      const answer = await put(reference, body);
      expect(answer.status).toBe(201);
      expect(answer.headers).toMatchObject({
        location: `/v2/${name}/manifests/${digestOf(body)}`,
        'docker-content-digest': digestOf(body),
        'content-length': '0',
      });
      expect((await http.send('GET', answer.headers.location!)).body.equals(body)).toBe(true);
    }
  });

  it('HTTP-11, MAN-22: may come chunked', async () => {
    const body = await imageOf(http, name, 'chunked');
    const answer = await put('v1', [body.subarray(0, 10), body.subarray(10)]);
    expect([answer.status, answer.headers['docker-content-digest']]).toEqual([201, digestOf(body)]);
  });

  it('MAN-16, MAN-17, NAME-08: under a digest that is not its own is 400, and nothing is stored', async () => {
    const body = await imageOf(http, name, 'wrong digest');
    for (const digest of [NOWHERE, 'sha256:baddigeststring', `blake3:${'0'.repeat(64)}`, `sha256:${'A'.repeat(64)}`]) {
      await refused(put(digest, body), 400, 'DIGEST_INVALID');
    }
    await refused(get(digestOf(body)), 404, 'MANIFEST_UNKNOWN');
    await refused(get(NOWHERE), 404, 'MANIFEST_UNKNOWN');
  });

  it('MAN-18, BASE-08: under its sha512 is served and named by it', async () => {
    const body = await imageOf(http, name, 'sha512');
    const digest = digestOf(body, 'sha512');
    expect((await put(digest, body)).headers['docker-content-digest']).toBe(digest);
    expect((await get(digest)).headers['docker-content-digest']).toBe(digest);
    await refused(get(digestOf(body)), 404, 'MANIFEST_UNKNOWN');
  });

  it('NAME-04, limit tag-length: a tag as long as it may be is taken; a longer one or one of another form is 400', async () => {
    const { most } = limit('tag-length');
    const body = await imageOf(http, name, 'tags');
    for (const tag of ['a'.repeat(most), '_', 'A.b-c_9', '1']) expect((await put(tag, body)).status).toBe(201);
    for (const tag of ['a'.repeat(most + 1), '.a', '-a', 'a+b', 'a%20b', 'a%00b', 'ä']) {
      await refused(put(encodeURI(decodeURI(tag)), body), 400, 'MANIFEST_INVALID');
      await refused(get(encodeURI(decodeURI(tag))), 404, 'MANIFEST_UNKNOWN');
    }
  });

  it('MAN-21, MAN-22, limit manifest-size: of 4 MiB is taken, by length and chunked; one byte more is 413 and the next request is fine', async () => {
    const fixed = await imageOf(http, name, 'large', { annotations: { pad: '' } });
    const padded = (size: number) =>
      imageOf(http, name, 'large', { annotations: { pad: 'x'.repeat(size - fixed.length) } });
    const largest = await padded(LIMIT);
    expect(largest).toHaveLength(LIMIT);
    expect((await put('v1', largest)).status).toBe(201);
    expect((await put('v1', [largest.subarray(0, 9), largest.subarray(9)])).status).toBe(201);
    expect((await get('v1')).body.equals(largest)).toBe(true);
    const tooLarge = await padded(LIMIT + 1);
    await refused(put('v2', tooLarge), 413, 'SIZE_INVALID');
    await refused(put('v2', [tooLarge.subarray(0, 9), tooLarge.subarray(9)]), 413, 'SIZE_INVALID');
    expect((await get('v1', {}, 'HEAD')).status).toBe(200);
    await refused(get('v2'), 404, 'MANIFEST_UNKNOWN');
  });

  it('MAN-39, MAN-43: of the same bytes again, by digest and by tag, is 201', async () => {
    const body = await imageOf(http, name, 'again');
    for (const reference of [digestOf(body), 'v1', 'v1', digestOf(body)])
      expect((await put(reference, body)).status).toBe(201);
  });

  it('MAN-41: may move a tag to a manifest of another type, and both stay', async () => {
    const image = await pushImage(http, name, 'v1');
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }));
    expect((await put('v1', index, OCI_INDEX)).status).toBe(201);
    expect((await get('v1')).headers['content-type']).toBe(OCI_INDEX);
    expect((await get(image)).headers['content-type']).toBe(OCI_MANIFEST);
  });

  it('MAN-45, ERR-09: of one tag by many at once is 201 for each, and one of them is left', async () => {
    const bodies = await Promise.all(Array.from({ length: 8 }, (_, n) => imageOf(http, name, `racer ${n}`)));
    const answers = await Promise.all([...bodies, ...bodies].map((body) => put('v1', body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(bodies.map((body) => digestOf(body))).toContain((await get('v1')).headers['docker-content-digest']);
  });

  it('MAN-30: whose blobs are missing is 400 with one entry for each, and nothing is stored', async () => {
    const missing = [digestOf('missing 1'), digestOf('missing 2')];
    const layers = missing.map((digest) => ({ mediaType: 'application/x', digest, size: 1 }));
    const body = await imageOf(http, name, 'incomplete', { layers });
    const answer = await put('v1', body);
    expect([answer.status, answer.codes]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']]);
    for (const digest of missing) expect(answer.body.toString()).toContain(digest);
    await refused(get('v1'), 404, 'MANIFEST_UNKNOWN');
  });

  it('MAN-31, MAN-32: of an index needs its children, which may be blobs', async () => {
    const index = (...manifests: object[]) => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
    await refused(
      put('v1', index({ mediaType: OCI_MANIFEST, digest: NOWHERE, size: 2 }), OCI_INDEX),
      400,
      'MANIFEST_BLOB_UNKNOWN',
    );
    const image = await pushImage(http, name, 'child');
    const blob = await putBlob(http, name, 'cache');
    const entries = [
      { mediaType: OCI_MANIFEST, digest: image, size: 2 },
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: blob, size: 5 },
    ];
    expect((await put('v1', index(...entries), OCI_INDEX)).status).toBe(201);
  });

  it('MAN-27, MAN-28: with a subject says so, whether or not the subject is there', async () => {
    const subject = { mediaType: OCI_MANIFEST, digest: NOWHERE, size: 2 };
    const answer = await put('v1', await imageOf(http, name, 'referrer', { subject }));
    expect([answer.status, answer.headers['oci-subject']]).toEqual([201, NOWHERE]);
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], subject };
    expect((await put('v2', index, OCI_INDEX)).headers['oci-subject']).toBe(NOWHERE);
  });

  it('MAN-33: with layers that are kept elsewhere does not need them', async () => {
    const layers = [
      {
        mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
        digest: NOWHERE,
        size: 1,
        urls: ['https://a/'],
      },
      { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar', digest: digestOf('far'), size: 1 },
    ];
    expect((await put('v1', await imageOf(http, name, 'foreign', { layers }))).status).toBe(201);
  });
});

describe('the type of a manifest', () => {
  it('MAN-23: is its own mediaType, or that of the request without parameters', async () => {
    const body = JSON.parse(String(await imageOf(http, name, 'typed'))) as Record<string, unknown>;
    for (const type of [
      undefined,
      'application/octet-stream',
      'application/json',
      'text/plain',
      `${OCI_MANIFEST}; charset=utf-8`,
    ]) {
      expect((await untyped('v1', body, type)).status).toBe(201);
      expect((await get('v1')).headers['content-type']).toBe(OCI_MANIFEST);
    }
    const { mediaType: _, ...without } = body;
    expect((await untyped('v2', without, `${OCI_MANIFEST};x=y`)).status).toBe(201);
    expect((await get('v2')).headers['content-type']).toBe(OCI_MANIFEST);
    await refused(untyped('v3', body, DOCKER_MANIFEST), 400, 'MANIFEST_INVALID');
  });

  it('TYPE-02: may be one of Docker', async () => {
    const image = await imageOf(http, name, 'docker', { mediaType: DOCKER_MANIFEST });
    expect((await put('v1', image, DOCKER_MANIFEST)).status).toBe(201);
    const manifests = [{ mediaType: DOCKER_MANIFEST, digest: digestOf(image), size: image.length }];
    expect((await put('v2', { schemaVersion: 2, mediaType: DOCKER_LIST, manifests }, DOCKER_LIST)).status).toBe(201);
    expect((await get('v2')).headers['content-type']).toBe(DOCKER_LIST);
  });

  it('TYPE-03: may not be schema 1', async () => {
    const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    await refused(put('v1', { schemaVersion: 1, name, tag: 'v1' }, type), 400, 'MANIFEST_INVALID');
  });

  it('TYPE-05, MAN-35: may be one that nobody knows, but one of application/', async () => {
    expect((await put('v1', { any: 'thing' }, 'application/vnd.example.thing+json')).status).toBe(201);
    expect((await get('v1')).headers['content-type']).toBe('application/vnd.example.thing+json');
    await refused(put('v2', { any: 'thing' }, 'text/html'), 400, 'MANIFEST_INVALID');
  });

  it.each(['\0', 'a\0b', '\ud800', '\udc00x', '\u{1f600}', '\\u0000'])(
    'MAN-03, MAN-25, REF-06: with any character in annotations and artifactType is kept as it came: %j',
    async (text) => {
      const subject = { mediaType: OCI_MANIFEST, digest: digestOf(`subject of ${name}`), size: 2 };
      const more = { annotations: { [`k${text}`]: text }, artifactType: `application/x${text}`, subject };
      const body = await imageOf(http, name, 'characters', more);
      const answer = await put('v1', body);
      expect([201, 400]).toContain(answer.status);
      if (answer.status === 400) expect(answer.codes).toEqual(['MANIFEST_INVALID']);
      else expect((await get('v1')).body.equals(body)).toBe(true);
      const referrers = await http.send('GET', `/v2/${name}/referrers/${subject.digest}`);
      expect(referrers.status).toBe(200);
      const { manifests } = JSON.parse(String(referrers.body));
      expect(manifests).toHaveLength(answer.status === 201 ? 1 : 0);
      for (const { annotations } of manifests) expect(annotations).toEqual(more.annotations);
    },
  );

  it('REF: a filter of any characters finds nothing', async () => {
    await pushImage(http, name, 'v1');
    for (const type of ['%00', 'a%00b', '%ED%A0%80', '%ff']) {
      const answer = await http.send('GET', `/v2/${name}/referrers/${NOWHERE}?artifactType=${type}`);
      expect([type, answer.status]).toEqual([type, 200]);
    }
  });

  it.each([
    ['no JSON', 'not json'],
    ['a list', '[]'],
    ['empty', ''],
    ['two documents', '{"schemaVersion":2,"mediaType":"application/x"}{}'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a repeated key', `{"mediaType":"${OCI_INDEX}","manifests":[],"manifests":[]}`],
    ['an index with layers', `{"mediaType":"${OCI_INDEX}","manifests":[],"layers":[]}`],
    ['an image with manifests', `{"mediaType":"${OCI_MANIFEST}","manifests":[]}`],
    [
      'an image without layers',
      `{"mediaType":"${OCI_MANIFEST}","config":{"digest":"${NOWHERE}","size":1,"mediaType":"a/b"}}`,
    ],
  ])('MAN-24, MAN-26: a body that is %s is 400', async (_, text) => {
    await refused(
      http.send('PUT', `/v2/${name}/manifests/v1`, { headers: { 'content-type': 'application/json' }, body: text }),
      400,
      'MANIFEST_INVALID',
    );
  });
});
