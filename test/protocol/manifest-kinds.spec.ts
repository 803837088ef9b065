import { digestOf, imageOf, NOWHERE, OCI_INDEX, OCI_MANIFEST, pushImage, putBlob } from './support/content.js';
import { MANIFEST_KINDS } from './support/manifest-kinds.js';
import { useRegistry } from './support/use-registry.js';

const { http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `kinds/app${++count}`;
});

const send = (method: string, reference: string) => http.send(method, `/v2/${name}/manifests/${reference}`);
const put = (reference: string, body: string | Buffer | object, type?: string) =>
  http.send('PUT', `/v2/${name}/manifests/${reference}`, {
    headers: { 'content-type': type },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
const tags = async () => JSON.parse(String((await http.send('GET', `/v2/${name}/tags/list`)).body)).tags as string[];
const refused = async (answer: Promise<{ status: number; codes: string[] }>, status: number, ...codes: string[]) => {
  const { status: actual, codes: found } = await answer;
  expect([actual, found]).toEqual([status, codes]);
};

const algorithms = ['sha256', 'sha512'] as const;
const cases = MANIFEST_KINDS.flatMap((kind) => algorithms.map((algorithm) => ({ ...kind, algorithm })));

describe('MAN-01, MAN-14, MAN-23, MAN-25, MAN-26, MAN-27, MAN-28, MAN-32, MAN-33, MAN-35, TYPE-01, TYPE-02, TYPE-04, TYPE-05, TYPE-06, TYPE-07: each kind', () => {
  it.each(cases)(
    '$ids: $name: pushed, pulled, listed and deleted by tag and by $algorithm',
    async ({ make, type, algorithm, subject }) => {
      const body = JSON.stringify(await make({ http, repository: name, words: name }));
      const digest = digestOf(body, algorithm);
      const location = `/v2/${name}/manifests/${digest}`;
      const pushed = await put(`${digest}?tag=v1`, body, type);
      expect(pushed.status).toBe(201);
      expect(pushed.headers).toMatchObject({ location, 'docker-content-digest': digest, 'content-length': '0' });
      expect(pushed.headers['oci-subject']).toBe(subject);
      // The tag of a push by tag names the sha256; that of `?tag=` names the digest of the URL.
      if (algorithm === 'sha256') expect((await put('v1', body, type)).headers.location).toBe(location);
      for (const reference of ['v1', digest]) {
        for (const method of ['GET', 'HEAD']) {
          const { status, headers, body: served } = await send(method, reference);
          expect([status, headers['content-type'], headers['docker-content-digest']]).toEqual([200, type, digest]);
          expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
          if (method === 'GET') expect(String(served)).toBe(body);
        }
      }
      expect(await tags()).toEqual(['v1']);
      expect((await send('DELETE', 'v1')).status).toBe(202);
      expect(await tags()).toEqual([]);
      await refused(send('GET', 'v1'), 404, 'MANIFEST_UNKNOWN');
      expect((await send('GET', digest)).status).toBe(200);
      expect((await send('DELETE', digest)).status).toBe(202);
      await refused(send('GET', digest), 404, 'MANIFEST_UNKNOWN');
    },
  );
});

describe('the type of a manifest', () => {
  it('MAN-04, MAN-23: is the mediaType in it, whatever the request says that counts as nothing', async () => {
    const body = JSON.parse(String(await imageOf(http, name, 'typed'))) as Record<string, unknown>;
    for (const type of [undefined, 'application/octet-stream', 'application/json', `${OCI_MANIFEST}; charset=utf-8`]) {
      expect((await put('v1', body, type)).status).toBe(201);
      for (const method of ['GET', 'HEAD']) {
        expect((await send(method, 'v1')).headers['content-type']).toBe(body.mediaType);
      }
    }
    for (const type of [OCI_INDEX, 'application/vnd.example+json']) {
      await refused(put('v2', body, type), 400, 'MANIFEST_INVALID');
    }
  });

  it('MAN-23: is found from the fields where neither manifest nor request give one, or the push is 400', async () => {
    const { mediaType: _, ...image } = JSON.parse(String(await imageOf(http, name, 'guessed')));
    for (const type of [undefined, 'application/octet-stream', 'application/json']) {
      for (const [body, expected] of [
        [image, OCI_MANIFEST],
        [{ schemaVersion: 2, manifests: [] }, OCI_INDEX],
      ]) {
        expect((await put('v1', body, type)).status).toBe(201);
        expect((await send('GET', 'v1')).headers['content-type']).toBe(expected);
      }
      await refused(put('v2', { schemaVersion: 2 }, type), 400, 'MANIFEST_INVALID');
    }
  });

  it('MAN-42: of the same bytes without mediaType is that of the last push', async () => {
    const { mediaType: _, ...untyped } = JSON.parse(String(await imageOf(http, name, 'retyped')));
    const digest = digestOf(JSON.stringify(untyped));
    const types = [OCI_MANIFEST, 'application/vnd.example.a+json', 'application/vnd.example.b+json', OCI_MANIFEST];
    for (const type of types) {
      for (const reference of ['v1', digest]) expect((await put(reference, untyped, type)).status).toBe(201);
      for (const reference of ['v1', digest]) {
        expect((await send('GET', reference)).headers['content-type']).toBe(type);
      }
    }
  });

  it('MAN-42: of the same bytes pushed as two types at once is one of them, and no push fails', async () => {
    const { mediaType: _, ...untyped } = JSON.parse(String(await imageOf(http, name, 'retyped at once')));
    const types = [OCI_MANIFEST, 'application/vnd.example.a+json', 'application/vnd.example.b+json'];
    const answers = await Promise.all([...types, ...types].map((type) => put('v1', untyped, type)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(types).toContain((await send('GET', 'v1')).headers['content-type']);
  });

  it('TYPE-05, MAN-35: may be any of application/, and no other', async () => {
    const any = [
      'application/x',
      'application/vnd.a-b.c_d.v1+json',
      'application/vnd.x+cbor',
      `application/${'x'.repeat(127)}`,
    ];
    for (const type of any) {
      expect((await put('v1', { type }, type)).status).toBe(201);
      expect((await send('GET', 'v1')).headers['content-type']).toBe(type);
    }
    for (const type of [
      'text/html',
      'image/svg+xml',
      'application/',
      'application/a b',
      `application/${'x'.repeat(200)}`,
    ]) {
      await refused(put('v2', { type }, type), 400, 'MANIFEST_INVALID');
    }
  });
});

describe('what a manifest names', () => {
  it.each([
    'sha256:short',
    'sha256',
    '',
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'0'.repeat(64)}`,
    'md5:',
    'not a digest',
    7,
  ])('MAN-29: a subject with the digest %j is 400, and nothing is stored', async (digest) => {
    const subject = { mediaType: OCI_MANIFEST, digest, size: 2 };
    const image = await imageOf(http, name, 'bad subject', { subject });
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], subject });
    await refused(put('v1', image, OCI_MANIFEST), 400, 'MANIFEST_INVALID');
    await refused(put('v1', index, OCI_INDEX), 400, 'MANIFEST_INVALID');
    await refused(send('GET', digestOf(image)), 404, 'MANIFEST_UNKNOWN');
  });

  it('MAN-34: a descriptor with data is taken, and needs its blob like any other', async () => {
    const data = Buffer.from('{}').toString('base64');
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2, data };
    const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [config] };
    await refused(put('v1', body), 400, 'MANIFEST_BLOB_UNKNOWN');
    await putBlob(http, name, '{}');
    expect((await put('v1', body)).status).toBe(201);
    expect(String((await send('GET', 'v1')).body)).toBe(JSON.stringify(body));
  });

  it('MAN-28, TYPE-04: what a type nobody knows names is not checked, and kept while it is named', async () => {
    const blob = await putBlob(http, name, 'named by an artifact');
    const blobs = [
      { mediaType: 'application/x', digest: blob, size: 20 },
      { mediaType: 'application/x', digest: NOWHERE, size: 1 },
    ];
    const mediaType = 'application/vnd.oci.artifact.manifest.v1+json';
    expect((await put('v1', { mediaType, artifactType: 'application/x', blobs })).status).toBe(201);
    await refused(http.send('DELETE', `/v2/${name}/blobs/${blob}`), 405, 'UNSUPPORTED');
    await send('DELETE', (await send('HEAD', 'v1')).headers['docker-content-digest']!);
    expect((await http.send('DELETE', `/v2/${name}/blobs/${blob}`)).status).toBe(202);
  });

  it('MAN-31, DEL-08: children come by digest; the index goes first, then they', async () => {
    const children = [await pushImage(http, name, 'a'), await pushImage(http, name, 'b')];
    const manifests = children.map((digest) => ({ mediaType: OCI_MANIFEST, digest, size: 2 }));
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
    expect((await put('v1', index)).status).toBe(201);
    for (const digest of children) await refused(send('DELETE', digest), 405, 'UNSUPPORTED');
    expect((await send('DELETE', digestOf(index))).status).toBe(202);
    for (const digest of children) expect((await send('DELETE', digest)).status).toBe(202);
    expect(await tags()).toEqual([]);
  });
});

it('MAN-13: HEAD of a manifest is never counted or refused, however often', async () => {
  const digest = await pushImage(http, name, 'v1');
  const answers = await Promise.all(Array.from({ length: 300 }, () => send('HEAD', 'v1')));
  for (const { status, headers } of answers) {
    expect([status, headers['docker-content-digest']]).toEqual([200, digest]);
    for (const counted of ['ratelimit-remaining', 'ratelimit-limit', 'retry-after']) {
      expect(headers).not.toHaveProperty(counted);
    }
  }
});
