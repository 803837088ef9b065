import { digestOf, OCI_INDEX, OCI_MANIFEST, putBlob, putManifest } from './support/content.js';
import { descriptorOf } from './support/descriptor.js';
import { useRegistry } from './support/use-registry.js';

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const image = (words: string) =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptorOf(`config of ${words}`, CONFIG),
      layers: [descriptorOf(`first of ${words}`, LAYER), descriptorOf(`second of ${words}`, LAYER)],
    }),
  );
const index = (...manifests: object[]) =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));

describe.each(['off', 'index', 'all'] as const)('with LADING_SPARSE=%s', (sparse) => {
  const { http } = useRegistry({ LADING_SPARSE: sparse });
  let count = 0;
  let name = '';

  beforeEach(() => {
    name = `sparse/${sparse}${++count}`;
  });

  const get = (reference: string) => http.send('GET', `/v2/${name}/manifests/${reference}`);
  const put = (reference: string, body: Buffer, type = OCI_MANIFEST) => putManifest(http, name, reference, body, type);
  /** Refused with one entry for each digest and the name of the setting, and nothing is stored; or taken whole. */
  const expectTaken = async (taken: boolean, body: Buffer, type: string, missing: string[]) => {
    const answer = await put('v1', body, type);
    if (taken) {
      expect(answer.status).toBe(201);
      expect((await get('v1')).body.equals(body)).toBe(true);
      return;
    }
    expect([answer.status, answer.codes]).toEqual([400, missing.map(() => 'MANIFEST_BLOB_UNKNOWN')]);
    const { errors } = JSON.parse(String(answer.body)) as { errors: { message: string; detail: string }[] };
    expect(errors.map(({ detail }) => detail).sort()).toEqual([...missing].sort());
    if (sparse === 'off') for (const { message } of errors) expect(message).toContain('LADING_SPARSE');
    for (const reference of ['v1', digestOf(body)]) expect((await get(reference)).status).toBe(404);
  };

  it(`MAN-30, MAN-38: an image before its blobs is ${sparse === 'all' ? 'taken' : '400 with an entry for each'}`, async () => {
    const missing = ['config', 'first', 'second'].map((each) => digestOf(`${each} of ${name}`));
    await expectTaken(sparse === 'all', image(name), OCI_MANIFEST, missing);
  });

  it(`MAN-31: an index before its children is ${sparse === 'off' ? '400 with an entry for each' : 'taken'}`, async () => {
    await putBlob(http, name, 'a blob that is there');
    const there = descriptorOf('a blob that is there', LAYER);
    const children = [image('a'), image('b')].map((body) => descriptorOf(body, OCI_MANIFEST));
    const missing = children.map(({ digest }) => digest);
    await expectTaken(sparse !== 'off', index(there, ...children), OCI_INDEX, missing);
  });

  it('MAN-31, MAN-32: an index goes by what it lacks, also where its entries are layers', async () => {
    const layers = ['a', 'b'].map((words) => descriptorOf(words, LAYER));
    await expectTaken(
      sparse !== 'off',
      index(...layers),
      OCI_INDEX,
      layers.map(({ digest }) => digest),
    );
  });

  if (sparse !== 'off') {
    it('regression containers/skopeo#2882, regclient/regclient#875: MAN-31: an index is taken before its children; one that comes later belongs to it', async () => {
      const child = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], x: name }));
      const parent = index(descriptorOf(child, OCI_INDEX));
      expect((await put('v1', parent, OCI_INDEX)).status).toBe(201);
      expect((await get(digestOf(child))).status).toBe(404);
      expect((await put(digestOf(child), child, OCI_INDEX)).status).toBe(201);
      expect((await get(digestOf(child))).body.equals(child)).toBe(true);
      const removed = await http.send('DELETE', `/v2/${name}/manifests/${digestOf(child)}`);
      expect([removed.status, removed.codes]).toEqual([405, ['UNSUPPORTED']]);
    });
  }

  if (sparse === 'all') {
    it('MAN-38: blobs that come after their manifest belong to it from then on', async () => {
      const body = image(name);
      expect((await put('v1', body)).status).toBe(201);
      for (const each of ['config', 'first', 'second']) {
        const digest = await putBlob(http, name, `${each} of ${name}`);
        expect((await http.send('GET', `/v2/${name}/blobs/${digest}`)).status).toBe(200);
        const removed = await http.send('DELETE', `/v2/${name}/blobs/${digest}`);
        expect([removed.status, removed.codes]).toEqual([405, ['UNSUPPORTED']]);
      }
      expect((await get('v1')).body.equals(body)).toBe(true);
    });
  }
});
