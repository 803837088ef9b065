import { digestOf, NOWHERE, OCI_INDEX, OCI_MANIFEST, putBlob, putManifest } from './support/content.js';
import { limit } from './support/limit.js';
import { useUnharmed } from './support/unharmed.js';

const NAME = 'hostile/app';
const LIMIT = limit('manifest-size').most;
const UNKNOWN = 'application/vnd.example.thing+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';

const { http } = useUnharmed();
let layer: { mediaType: string; digest: string; size: number };
let count = 0;

beforeAll(async () => {
  layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: await putBlob(http, NAME, 'layer'), size: 5 };
});

const put = async (body: string | Buffer, type?: string) => {
  const tag = `t${++count}`;
  const answer = await putManifest(http, NAME, tag, Buffer.from(body), type ?? OCI_MANIFEST);
  const { status, codes } = answer;
  expect((await http.send('HEAD', `/v2/${NAME}/manifests/${tag}`)).status).toBe(status === 201 ? 200 : 404);
  return { status, codes, message: status === 201 ? '' : String(answer.body) };
};
const { refusal: refused } = limit('json-depth');
const image = (fields: object) => JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, layers: [], ...fields });
const spelt = (more: string) => `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}","layers":[],${more}}`;

describe('MAN-24: JSON that is deep or wide', () => {
  const nested = (levels: number, open = '{"a":', close = '}') => `${open.repeat(levels)}1${close.repeat(levels)}`;

  it('limit json-depth: is taken to as many levels as it may have and refused beyond', async () => {
    const { most } = limit('json-depth');
    for (const type of [OCI_MANIFEST, UNKNOWN]) {
      const within = `{"schemaVersion":2,"layers":[],"deep":${nested(most - 1)}}`;
      const beyond = `{"schemaVersion":2,"layers":[],"deep":${nested(most)}}`;
      expect((await put(within, type)).status).toBe(201);
      expect(await put(beyond, type)).toMatchObject({ ...refused, message: expect.stringContaining(`${most} levels`) });
    }
  });

  it.each([
    ['100,000 objects', () => nested(100_000)],
    ['100,000 lists', () => nested(100_000, '[', ']')],
    ['4 MiB of opening brackets', () => '['.repeat(LIMIT)],
    ['700,000 objects that are never closed', () => '{"a":'.repeat(700_000)],
  ])('is refused with %s', async (_, text) => {
    for (const type of [OCI_MANIFEST, UNKNOWN]) expect(await put(text(), type)).toMatchObject(refused);
  });

  it('limit json-parts: is taken with as many parts as it may have and refused with more', async () => {
    const { most } = limit('json-parts');
    // The two commas before the list, the object and the list are parts as well.
    const wide = (commas: number) => `{"schemaVersion":2,"layers":null,"wide":[1${',1'.repeat(commas)}]}`;
    expect((await put(wide(most - 4), UNKNOWN)).status).toBe(201);
    expect(await put(wide(most - 3), UNKNOWN)).toMatchObject({
      ...refused,
      message: expect.stringContaining('parts'),
    });
    expect(await put(`[${'{},'.repeat(1_300_000)}{}]`, UNKNOWN)).toMatchObject(refused);
  });

  it('limit manifest-references: is taken with as many as it may have, the config among them, and no more', async () => {
    const { most } = limit('manifest-references');
    const config = { ...layer, mediaType: CONFIG_TYPE };
    const many = (layers: number) => image({ config, layers: Array.from({ length: layers }, () => layer) });
    expect((await put(many(most - 1))).status).toBe(201);
    expect(await put(many(most))).toMatchObject({ ...refused, message: expect.stringContaining(`${most} references`) });
    const index = (entries: number) =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: Array.from({ length: entries }, () => layer),
      });
    expect((await put(index(most), OCI_INDEX)).status).toBe(201);
    expect(await put(index(most + 1), OCI_INDEX)).toMatchObject(refused);
  });

  it('limit json-members: is taken with as many annotations as an object may have members, its own and of a layer, and refused with more', async () => {
    const { most, refusal } = limit('json-members');
    const some = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, '']));
    const own = (count: number) => image({ annotations: some(count) });
    const ofLayer = (count: number) => image({ layers: [{ ...layer, annotations: some(count) }] });
    for (const body of [own, ofLayer]) {
      expect((await put(body(most))).status).toBe(201);
      expect(await put(body(most + 1))).toMatchObject({ ...refusal, message: expect.stringContaining(`${most}`) });
    }
    expect(await put(JSON.stringify({ annotations: some(most + 1) }), UNKNOWN)).toMatchObject(refusal);
  });

  it('MAN-30, limit missing-listed: names the first of 9,000 missing blobs', async () => {
    const { most, refusal } = limit('missing-listed');
    const layers = Array.from({ length: 9_000 }, (_, n) => ({ ...layer, digest: digestOf(`missing ${n}`) }));
    const { status, codes } = await put(image({ layers }));
    expect([status, codes]).toEqual([refusal.status, Array(most).fill(refusal.codes[0])]);
  });
});

describe('MAN-24: JSON that two readers may read in two ways', () => {
  it.each(['mediaType', 'config', 'layers', 'manifests', 'subject'])(
    'is refused with %s twice, in any spelling',
    async (field) => {
      const escaped = `\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}`;
      for (const other of [field, field.toUpperCase(), escaped]) {
        for (const type of [OCI_MANIFEST, UNKNOWN])
          expect(await put(`{"${field}":null,"${other}":null}`, type)).toMatchObject(refused);
      }
    },
  );

  it.each([
    ['a byte order mark', () => `\ufeff${image({})}`],
    ['UTF-16', () => Buffer.from(image({}), 'utf16le')],
    ['a NUL after its end', () => `${image({})}\0`],
    ['a second document', () => `${image({})}${image({})}`],
    ['a comment', () => spelt('/* "config": */"a":1')],
    ['a comma too many', () => spelt('"a":1,')],
    ['NaN', () => spelt('"a":NaN')],
    ['single quotes', () => spelt("'a':1")],
    ['a control character in a text', () => spelt('"a":"\n"')],
    [
      'an overlong NUL',
      () => Buffer.concat([Buffer.from(spelt('"a":"').slice(0, -1)), Buffer.from([0xc0, 0x80]), Buffer.from('"}')]),
    ],
    [
      'an encoded surrogate',
      () =>
        Buffer.concat([Buffer.from(spelt('"a":"').slice(0, -1)), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
  ])('is refused with %s', async (_, body) => {
    for (const type of [OCI_MANIFEST, UNKNOWN]) expect(await put(body(), type)).toMatchObject(refused);
  });
});

describe('MAN-37: numbers', () => {
  it.each([
    '-1',
    '1.5',
    '1e400',
    '-1e400',
    '9007199254740993',
    '1e21',
    '"5"',
    `1${'0'.repeat(1_000_000)}`,
    '0.5e1000000',
  ])('as the size of a layer are refused where they are none: %#', async (size) => {
    expect(
      await put(
        spelt(`"layers":[]`).replace(
          ',"layers":[],"layers":[]',
          `,"layers":[{"mediaType":"a/b","digest":"${NOWHERE}","size":${size}}]`,
        ),
      ),
    ).toMatchObject(refused);
  });

  it('elsewhere are kept as they were written', async () => {
    for (const number of ['1e400', '-0', '123456789012345678901234567890', `1${'0'.repeat(100_000)}`])
      expect((await put(spelt(`"a":${number}`))).status).toBe(201);
  });
});

describe('MAN-25: texts', () => {
  it.each([
    ['4 MiB of escapes', () => '\\u0041'.repeat((LIMIT - 1000) / 6)],
    ['4 MiB of backslashes', () => '\\\\'.repeat((LIMIT - 1000) / 2)],
    ['4 MiB of escaped quotes', () => '\\"'.repeat((LIMIT - 1000) / 2)],
    ['4 MiB of lone surrogates', () => '\\ud800'.repeat((LIMIT - 1000) / 6)],
    ['4 MiB of pairs', () => '\\ud83d\\ude00'.repeat((LIMIT - 1000) / 12)],
  ])('of %s are kept as they came', async (_, text) => {
    const body = Buffer.from(spelt(`"a":"${text()}"`));
    const answer = await putManifest(http, NAME, 'text', body);
    expect(answer.status).toBe(201);
    expect((await http.send('GET', `/v2/${NAME}/manifests/text`)).body.equals(body)).toBe(true);
  });

  it('REF-06: that are names in JavaScript are ordinary names, also of annotations', async () => {
    const subject = digestOf('the subject of hostile names');
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', ''];
    const annotations = `{${names.map((name) => `"${name}":"of ${name}"`).join(',')}}`;
    const body = spelt(
      `"subject":{"mediaType":"a/b","digest":"${subject}","size":1},"annotations":${annotations},"__proto__":{"layers":[1]}`,
    );
    expect(await put(body)).toMatchObject({ status: 201 });
    const listed = String((await http.send('GET', `/v2/${NAME}/referrers/${subject}`)).body);
    for (const name of names) expect(listed).toContain(`"${name}":"of ${name}"`);
    expect(await put(`{"__proto__":{"schemaVersion":2,"layers":[]}}`)).toMatchObject(refused);
    expect((await http.send('GET', '/v2/')).status).toBe(200);
  });
});
