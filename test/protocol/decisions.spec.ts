import {
  DOCKER_MANIFEST,
  digestOf,
  imageOf,
  NOWHERE,
  OCI_INDEX,
  OCI_MANIFEST,
  openUpload,
  pushImage,
  putBlob,
  putManifest,
} from './support/content.js';
import { Http } from './support/http.js';
import { askToken, tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

// What was decided where specifications and clients disagree, one test a decision. D-12 is in immutable-tags.spec.ts, D-19
// in every-answer.spec.ts, and the late tokens of D-10 are in services/distribution.

const BYTES = Buffer.alloc(2048, 'decided');

const { registry, http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `decided/app${++count}`;
});

const at = (path: string) => `/v2/${name}/${path}`;
const put = (reference: string, body: object, type = OCI_MANIFEST) =>
  putManifest(http, name, reference, Buffer.from(JSON.stringify(body)), type);
const indexOf = (...manifests: object[]) => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
const claimsOf = <T>(token: unknown) =>
  JSON.parse(Buffer.from(String(token).split('.')[1]!, 'base64url').toString()) as T;
const refused = async (method: string, path: string, body?: Buffer) => {
  const { status, codes } = await http.send(method, path, { body });
  return [status, ...codes];
};

it('D-01: an upload without bytes stands at 0-0; a chunk out of order then is 416 without Range and Location', async () => {
  const upload = await openUpload(http, name);
  expect((await http.send('GET', upload)).headers.range).toBe('0-0');
  const early = await http.send('PATCH', upload, { headers: { 'content-range': '1-4' }, body: 'late' });
  expect(early.status).toBe(416);
  expect(early.headers).not.toHaveProperty('range');
  expect(early.headers).not.toHaveProperty('location');
  await http.send('PATCH', upload, { body: 'byte' });
  const late = await http.send('PATCH', upload, { headers: { 'content-range': '9-9' }, body: '9' });
  expect(late).toMatchObject({ status: 416, headers: { range: '0-3', location: upload } });
});

it('D-02: Accept is ignored: an index is never made into an image for who lists images alone', async () => {
  const child = await pushImage(http, name, 'child');
  const index = indexOf({
    mediaType: OCI_MANIFEST,
    digest: child,
    size: 2,
    platform: { os: 'linux', architecture: 'amd64' },
  });
  await put('v1', index, OCI_INDEX);
  for (const accept of [OCI_MANIFEST, DOCKER_MANIFEST, 'text/html', '', undefined]) {
    for (const reference of ['v1', digestOf(JSON.stringify(index))]) {
      const answer = await http.send('GET', at(`manifests/${reference}`), { headers: { accept } });
      expect([accept, answer.status, answer.headers['content-type']]).toEqual([accept, 200, OCI_INDEX]);
    }
  }
});

describe('a digest', () => {
  const blake = `blake3:${'0'.repeat(64)}`;

  it.each([
    'sha256:abc',
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'0'.repeat(64)}`,
    'sha256:',
    ':abc',
    'a:b:c',
    'sha256:a b',
  ])('D-03, NAME-09: that is malformed, as %j, is 400 everywhere', async (written) => {
    const digest = encodeURIComponent(written);
    await pushImage(http, name, 'v1');
    for (const [method, path] of [
      ['GET', `blobs/${digest}`],
      ['DELETE', `blobs/${digest}`],
      ['GET', `manifests/${digest}`],
      ['PUT', `manifests/${digest}`],
      ['DELETE', `manifests/${digest}`],
      ['GET', `referrers/${digest}`],
      ['POST', `blobs/uploads/?digest=${digest}`],
      ['POST', `blobs/uploads/?mount=${digest}&from=decided/other`],
      ['PUT', `${(await openUpload(http, name)).slice(at('').length)}?digest=${digest}`],
    ] as const) {
      expect([method, path, ...(await refused(method, at(path), BYTES))]).toEqual([
        method,
        path,
        400,
        'DIGEST_INVALID',
      ]);
    }
    for (const path of ['blobs', 'manifests'])
      expect((await http.send('HEAD', at(`${path}/${digest}`))).status).toBe(400);
  });

  it('D-03: of an algorithm that nobody verifies is 404 to read and to delete, and 400 to write', async () => {
    await pushImage(http, name, 'v1');
    expect(await refused('GET', at(`blobs/${blake}`))).toEqual([404, 'BLOB_UNKNOWN']);
    expect(await refused('GET', at(`manifests/${blake}`))).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect((await http.send('GET', at(`referrers/${blake}`))).status).toBe(200);
    for (const path of [`blobs/${blake}`, `manifests/${blake}`]) {
      expect((await http.send('HEAD', at(path))).status).toBe(404);
      expect((await http.send('DELETE', at(path))).status).toBe(404);
    }
    for (const [method, path] of [
      ['PUT', `manifests/${blake}`],
      ['POST', `blobs/uploads/?digest=${blake}`],
      ['POST', `blobs/uploads/?mount=${blake}&from=decided/other`],
      ['PUT', `${(await openUpload(http, name)).slice(at('').length)}?digest=${blake}`],
    ] as const) {
      expect(await refused(method, at(path), BYTES)).toEqual([400, 'DIGEST_INVALID']);
    }
  });
});

it('D-04: a missing scope is 401, a refusal by policy 403, the source of a mount that may not be read 202', async () => {
  const secret = await putBlob(http, 'decided/secret', 'not for all');
  const push = `repository:${name}:pull,push`;
  const narrow = new Http(registry, `Bearer ${await tokenFor(registry, [`repository:${name}:pull`])}`);
  const answer = await narrow.send('POST', at('blobs/uploads/'));
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
  expect(await refused('POST', '/v2/library/blobs/uploads/')).toEqual([403, 'DENIED']);
  // The administrator may do everything: only for an action that is none is the source listed with no rights.
  const asked = new Http(registry, `Bearer ${await tokenFor(registry, [push, 'repository:decided/secret:none'])}`);
  expect((await asked.send('POST', at(`blobs/uploads/?mount=${secret}&from=decided/secret`))).status).toBe(202);
  narrow.close();
  asked.close();
});

it('D-05: an upload is cancelled by who may push, without the action delete', async () => {
  const pusher = new Http(registry, `Bearer ${await tokenFor(registry, [`repository:${name}:pull,push`])}`);
  expect((await pusher.send('DELETE', await openUpload(pusher, name))).status).toBe(204);
  expect((await pusher.send('DELETE', at('manifests/v1'))).status).toBe(401);
  pusher.close();
});

it('D-06, D-07: a range that ends before it starts is 416, several ranges are the whole blob', async () => {
  const path = at(`blobs/${await putBlob(http, name, BYTES)}`);
  const get = (range: string) => http.send('GET', path, { headers: { range } });
  expect(await get('bytes=500-0')).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */2048' } });
  const several = await get('bytes=0-9,20-29');
  expect(several).toMatchObject({ status: 200, headers: { 'content-length': '2048' } });
  expect(several.headers).not.toHaveProperty('content-range');
});

it('D-08: missing blobs and children are 400 with an entry for each; a subject is never looked for', async () => {
  const [first, second] = [digestOf('missing 1'), digestOf('missing 2')];
  const layers = [first, second].map((digest) => ({ mediaType: 'application/x', digest, size: 1 }));
  const image = await putManifest(http, name, 'v1', await imageOf(http, name, 'incomplete', { layers }));
  expect([image.status, ...image.codes]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']);
  const index = await put('v1', indexOf({ mediaType: OCI_MANIFEST, digest: NOWHERE, size: 1 }), OCI_INDEX);
  expect([index.status, ...index.codes]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  expect(String(index.body)).toContain('LADING_SPARSE');
  const subject = { mediaType: OCI_MANIFEST, digest: NOWHERE, size: 1 };
  expect((await putManifest(http, name, 'v1', await imageOf(http, name, 'referrer', { subject }))).status).toBe(201);
});

it('D-09: tags come bytewise, 10,000 to a page without n, and a larger n is clamped to as many', async () => {
  const body = await imageOf(http, name, 'of many tags');
  const tags = Array.from({ length: 10_050 }, (_, n) => `${n % 2 ? 't' : 'T'}${n}`);
  for (let from = 0; from < tags.length; from += 50) {
    const query = tags.slice(from, from + 50).map((tag) => `tag=${tag}`);
    expect((await putManifest(http, name, `${digestOf(body)}?${query.join('&')}`, body)).status).toBe(201);
  }
  const sorted = tags.sort((a, b) => (a < b ? -1 : 1));
  for (const query of ['', '?n=1000000']) {
    const { headers, body: page } = await http.send('GET', at(`tags/list${query}`));
    expect(JSON.parse(String(page)).tags).toEqual(sorted.slice(0, 10_000));
    const next = headers.link!.slice(1, headers.link!.indexOf('>'));
    expect(JSON.parse(String((await http.send('GET', next)).body)).tags).toEqual(sorted.slice(10_000));
  }
  expect((await http.send('GET', '/v2/_catalog?n=1000000')).status).toBe(200);
});

it('D-10: an access token lives from 5 to 15 minutes', async () => {
  const { body } = await askToken(registry, [`repository:${name}:pull`], `${registry.user}:${registry.password}`);
  const claims = claimsOf<{ iat: number; exp: number }>(body.token);
  expect(body.expires_in).toBe(claims.exp - claims.iat);
  expect(body.expires_in).toBeGreaterThanOrEqual(300);
  expect(body.expires_in).toBeLessThanOrEqual(900);
});

it('D-11: a blob that a live manifest names is 405 to delete; once that is deleted, it is 202', async () => {
  const manifest = await pushImage(http, name, 'v1', 'a layer in use');
  const blob = at(`blobs/${digestOf('a layer in use')}`);
  const held = await http.send('DELETE', blob);
  expect([held.status, held.codes]).toEqual([405, ['UNSUPPORTED']]);
  expect(String(held.body)).toContain(manifest);
  expect((await http.send('HEAD', blob)).status).toBe(200);
  await http.send('DELETE', at(`manifests/${manifest}`));
  expect((await http.send('DELETE', blob)).status).toBe(202);
  expect((await http.send('HEAD', blob)).status).toBe(404);
});

it('D-13: Location and Link are paths, also for who names another host', async () => {
  const headers = { host: 'registry.test', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.test' };
  const opened = await http.send('POST', at('blobs/uploads/'), { headers });
  expect(opened.headers.location).toMatch(/^\/v2\/decided\//);
  for (const tag of ['a', 'b']) await pushImage(http, name, tag);
  expect((await http.send('GET', at('tags/list?n=1'), { headers })).headers.link).toBe(
    `<${at('tags/list')}?n=1&last=a>; rel="next"`,
  );
});

it('D-14: unless redirects are on, a blob is answered with its bytes to GET, HEAD and ranges', async () => {
  const path = at(`blobs/${await putBlob(http, name, BYTES)}`);
  for (const [method, range, status] of [
    ['GET', undefined, 200],
    ['HEAD', undefined, 200],
    ['GET', 'bytes=0-9', 206],
  ] as const) {
    const answer = await http.send(method, path, { headers: { range } });
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty('location');
  }
});

it('D-15: referrers are 200 in a repository that nobody made, but only for who may pull', async () => {
  const path = `/v2/decided/nowhere/referrers/${NOWHERE}`;
  const answer = await http.send('GET', path);
  expect([answer.status, JSON.parse(String(answer.body)).manifests]).toEqual([200, []]);
  const anonymous = new Http(registry);
  expect((await anonymous.send('GET', path)).status).toBe(401);
  anonymous.close();
});

it('D-17: an upload closes under sha512, announced or not, and under sha256, though sha512 was announced', async () => {
  for (const [announced, algorithm] of [
    ['', 'sha512'],
    ['?digest-algorithm=sha512', 'sha512'],
    ['?digest-algorithm=sha512', 'sha256'],
    ['?digest-algorithm=sha256', 'sha512'],
  ] as const) {
    const upload = await openUpload(http, name, announced);
    for (const body of [BYTES.subarray(0, 1000), BYTES.subarray(1000)]) await http.send('PATCH', upload, { body });
    const digest = digestOf(BYTES, algorithm);
    const closed = await http.send('PUT', `${upload}?digest=${digest}`);
    expect([announced, closed.status, closed.headers['docker-content-digest']]).toEqual([announced, 201, digest]);
    expect((await http.send('GET', closed.headers.location!)).body.equals(BYTES)).toBe(true);
  }
});

it('D-18: a manifest of a type nobody knows is taken as it is, and what it names is not looked for', async () => {
  const [type, body] = ['application/vnd.example.unknown+json', { layers: [{ digest: NOWHERE, size: 1 }] }];
  expect((await put('v1', body, type)).status).toBe(201);
  const answer = await http.send('GET', at('manifests/v1'));
  expect([answer.headers['content-type'], String(answer.body)]).toEqual([type, JSON.stringify(body)]);
});

it('D-20: * in a scope is written out as what the caller may do: everything, or nothing', async () => {
  for (const [pair, expected] of [
    [`${registry.user}:${registry.password}`, ['delete', 'pull', 'push']],
    [undefined, []],
  ] as const) {
    const { body } = await askToken(registry, [`repository:${name}:*`], pair);
    const { access } = claimsOf<{ access: { actions: string[] }[] }>(body.token);
    expect(access.map(({ actions }) => [...actions].sort())).toEqual([expected]);
  }
});

describe('with LADING_MANIFEST_LIMIT=8MiB and LADING_SPARSE=index', () => {
  const MIB = 1024 * 1024;
  const { http: client } = useRegistry({ LADING_MANIFEST_LIMIT: '8MiB', LADING_SPARSE: 'index' });

  it('D-16, WARN-01: a manifest above 4 MiB is taken with a warning, one of 4 MiB without; above the limit it is refused', async () => {
    const empty = await imageOf(client, name, 'large', { annotations: { pad: '' } });
    const padded = (size: number) =>
      imageOf(client, name, 'large', { annotations: { pad: 'x'.repeat(size - empty.length) } });
    const fits = await putManifest(client, name, 'fits', await padded(4 * MIB));
    expect([fits.status, 'warning' in fits.headers]).toEqual([201, false]);
    for (const size of [4 * MIB + 1, 8 * MIB]) {
      const body = await padded(size);
      const large = await putManifest(client, name, 'large', body);
      expect(large.status).toBe(201);
      expect(large.headers.warning).toMatch(/^299 - "[^"\\]*4194304[^"\\]*"$/);
      expect((await client.send('GET', at('manifests/large'))).body.equals(body)).toBe(true);
    }
    expect((await putManifest(client, name, 'larger', await padded(8 * MIB + 1))).status).toBe(413);
  });

  it('D-08: children of an index may be missing, blobs not', async () => {
    const index = Buffer.from(JSON.stringify(indexOf({ mediaType: OCI_MANIFEST, digest: NOWHERE, size: 1 })));
    expect((await putManifest(client, name, 'v1', index, OCI_INDEX)).status).toBe(201);
    const layers = [{ mediaType: 'application/x', digest: NOWHERE, size: 1 }];
    expect((await putManifest(client, name, 'v2', await imageOf(client, name, 'x', { layers }))).codes).toEqual([
      'MANIFEST_BLOB_UNKNOWN',
    ]);
  });
});
