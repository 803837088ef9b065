import { digestOf, OCI_INDEX, OCI_MANIFEST, openUpload, putManifest } from './support/content.js';
import { descriptorOf, pushedBlob } from './support/descriptor.js';
import { useRegistry } from './support/use-registry.js';

const NOWHERE = `sha512:${'0'.repeat(128)}`;

const { http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `long/app${++count}`;
});

const blob = (method: string, digest: string, repository = name) =>
  http.send(method, `/v2/${repository}/blobs/${digest}`);
const manifest = (method: string, reference: string) => http.send(method, `/v2/${name}/manifests/${reference}`);
const put = (reference: string, body: object, type = OCI_MANIFEST) =>
  putManifest(http, name, reference, Buffer.from(JSON.stringify(body)), type);
const layer = 'application/vnd.oci.image.layer.v1.tar';
const upload = (words: string) => pushedBlob(http, name, words, layer, 'sha512');
const imageOf512 = async (words: string, more: object = {}) => {
  const config = await pushedBlob(http, name, '{}', 'application/vnd.oci.image.config.v1+json', 'sha512');
  return { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [await upload(words)], ...more };
};

describe('NAME-07: sha512', () => {
  it('names a blob that was pushed whole, in one request or two, and in chunks', async () => {
    const bytes = Buffer.from('bytes under a long digest');
    const digest = digestOf(bytes, 'sha512');
    const chunked = async (location: string) => {
      for (const [start, end] of [
        [0, 10],
        [10, bytes.length],
      ] as const) {
        const headers = { 'content-range': `${start}-${end - 1}` };
        const answer = await http.send('PATCH', location, { headers, body: bytes.subarray(start, end) });
        expect(answer.status).toBe(202);
      }
      return http.send('PUT', `${location}?digest=${digest}`);
    };
    const styles = [
      () => http.send('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes }),
      async () => http.send('PUT', `${await openUpload(http, name)}?digest=${digest}`, { body: bytes }),
      async () => chunked(await openUpload(http, name)),
      async () => chunked(await openUpload(http, name, '?digest-algorithm=sha512')),
    ];
    for (const [n, style] of styles.entries()) {
      name = `long/style${n}`;
      const answer = await style();
      expect([n, answer.status, answer.headers['docker-content-digest']]).toEqual([n, 201, digest]);
      expect(answer.headers.location).toBe(`/v2/${name}/blobs/${digest}`);
      expect((await blob('GET', digest)).body.equals(bytes)).toBe(true);
      const head = await blob('HEAD', digest);
      expect([head.status, head.headers['docker-content-digest']]).toEqual([200, digest]);
      expect((await blob('DELETE', digest)).status).toBe(202);
      expect((await blob('HEAD', digest)).status).toBe(404);
    }
  });

  it('of other bytes is 400 at every step, and of nothing is 404', async () => {
    const bytes = Buffer.from('other bytes');
    const post = await http.send('POST', `/v2/${name}/blobs/uploads/?digest=${NOWHERE}`, { body: bytes });
    const closed = await http.send('PUT', `${await openUpload(http, name)}?digest=${NOWHERE}`, { body: bytes });
    const pushed = await put(NOWHERE, await imageOf512('other manifest'));
    for (const answer of [post, closed, pushed]) {
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    }
    for (const method of ['GET', 'HEAD']) {
      expect((await blob(method, NOWHERE)).status).toBe(404);
      expect((await manifest(method, NOWHERE)).status).toBe(404);
    }
    for (const short of [NOWHERE.slice(0, -1), `${NOWHERE}0`, NOWHERE.replace('0', 'A')]) {
      expect((await blob('GET', short)).codes).toEqual(['DIGEST_INVALID']);
    }
  });

  it('is mounted, with and without a source', async () => {
    const { digest } = await upload('mounted');
    for (const query of [`mount=${digest}&from=${name}`, `mount=${digest}`]) {
      const target = `long/target${++count}`;
      const answer = await http.send('POST', `/v2/${target}/blobs/uploads/?${query}`);
      expect([answer.status, answer.headers['docker-content-digest']]).toEqual([201, digest]);
      expect(String((await blob('GET', digest, target)).body)).toBe('mounted');
    }
  });

  it('is another address than the sha256 of the same bytes', async () => {
    await upload('one address');
    expect((await blob('HEAD', digestOf('one address'))).status).toBe(404);
    await pushedBlob(http, name, 'one address', layer);
    for (const algorithm of ['sha256', 'sha512'] as const) {
      expect(String((await blob('GET', digestOf('one address', algorithm))).body)).toBe('one address');
    }
    await blob('DELETE', digestOf('one address'));
    expect((await blob('GET', digestOf('one address', 'sha512'))).status).toBe(200);
  });

  it('MAN-18: names config, layers and children, which must be there by that digest', async () => {
    const image = await imageOf512('descriptors');
    const text = JSON.stringify(image);
    const child = descriptorOf(text, OCI_MANIFEST, 'sha512');
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] };
    await pushedBlob(http, name, 'by sha256 alone', layer);
    const layers = [descriptorOf('by sha256 alone', layer, 'sha512')];
    expect((await put('v0', { ...image, layers })).codes).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    expect((await put('v1', index, OCI_INDEX)).codes).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    expect((await put('v1', image)).status).toBe(201); // By tag: its sha256, which the index does not name.
    expect((await put('v1', index, OCI_INDEX)).codes).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    expect((await put(child.digest, image)).status).toBe(201);
    expect((await put(`${digestOf(JSON.stringify(index), 'sha512')}?tag=v2`, index, OCI_INDEX)).status).toBe(201);
    expect((await manifest('DELETE', child.digest)).status).toBe(405);
    expect((await manifest('GET', 'v2')).headers['docker-content-digest']).toBe(
      digestOf(JSON.stringify(index), 'sha512'),
    );
    expect((await blob('DELETE', image.config.digest)).status).toBe(405);
  });

  it('REF-04: is a subject, and lists its referrers under the digest that each was pushed by', async () => {
    const subject = descriptorOf('a subject', OCI_MANIFEST, 'sha512');
    const image = await imageOf512('refers', { subject });
    const digests = (['sha256', 'sha512'] as const).map((algorithm) => digestOf(JSON.stringify(image), algorithm));
    for (const digest of digests) {
      const answer = await put(digest, image);
      expect([answer.status, answer.headers['oci-subject']]).toEqual([201, subject.digest]);
    }
    const answer = await http.send('GET', `/v2/${name}/referrers/${subject.digest}`);
    const { manifests } = JSON.parse(String(answer.body)) as { manifests: { digest: string }[] };
    expect(manifests.map(({ digest }) => digest)).toEqual(digests);
    const none = await http.send('GET', `/v2/${name}/referrers/${digestOf('a subject')}`);
    expect(JSON.parse(String(none.body)).manifests).toEqual([]);
  });
});
