import { digestOf, OCI_INDEX, OCI_MANIFEST, putBlob } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

const CONFIG = digestOf('{}');
/** An image as text, for a table of ways to write one. */
const image = (more: string, { size = '2', type = `"mediaType":"${OCI_MANIFEST}"` } = {}) =>
  `{"schemaVersion":2,${type},"config":{"mediaType":"a/b","digest":"${CONFIG}","size":${size}},"layers":[]${more}}`;

const { registry, http } = useRegistry();

beforeAll(async () => {
  await putBlob(http, 'bytes/app', '{}');
});

const put = (body: string | Buffer) =>
  http.send('PUT', '/v2/bytes/app/manifests/v1', { headers: { 'content-type': 'application/json' }, body });

describe('MAN-03: a manifest is served byte for byte', () => {
  it.each([
    [
      'with spaces, tabs and line ends everywhere',
      JSON.stringify(JSON.parse(image('')), null, '\t').replaceAll('\n', '\r\n'),
    ],
    ['with a line end after it', `${image('')}\n`],
    ['with much around it', ` \n\t\r${image('')}${' '.repeat(5000)}`],
    ['with its keys in another order', `{"layers":[],"config":{"size":2,"digest":"${CONFIG}"},"schemaVersion":2}`],
    ['with escapes where none are needed', image(String.raw`,"annotations":{"\u006b":"\u0061\/\ud83d\ude00"}`)],
    ['with characters of every length', image(',"annotations":{"kéy":"ü€😀\u2028\u00a0\ufeff"}')],
    ['with its type written in escapes', image('', { type: String.raw`"media\u0054ype":"${OCI_MANIFEST}"` })],
    ['with unknown fields', image(',"unknown":{"a":[1,{"b":null}],"c":true},"":""')],
    ['with a fraction for a size', image('', { size: '2.0' })],
    ['with an exponent for a size', image('', { size: '2E+0' })],
    ['with 20e-1 for a size', image('', { size: '20e-1' })],
    ['with numbers that no reader keeps', image(',"n":[1.0,1e3,-0,12345678901234567890,0.1e-400,1E400,1.10]')],
    ['with a key twice where it does not matter', image(',"annotations":{"a":"1","a":"2"},"x":1,"x":2')],
    ['with keys that mean something to a program', image(',"__proto__":{"x":1},"constructor":null,"toString":2')],
    ['with null for what is empty', image(',"annotations":null,"subject":null,"artifactType":null')],
    ['as an index with null for its entries', `{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":null}`],
    ['with a string of every control character', image(`,"x":"${escapes(0, 32)}"`)],
  ])('%s', async (_, text) => {
    const body = Buffer.from(text);
    const digest = digestOf(body);
    const pushed = await put(body);
    expect([pushed.status, pushed.headers['docker-content-digest']]).toEqual([201, digest]);
    // Twice: from the database, and from memory.
    for (const reference of ['v1', digest, 'v1', digest]) {
      const answer = await http.send('GET', `/v2/bytes/app/manifests/${reference}`);
      expect(answer.body.equals(body)).toBe(true);
      expect(answer.headers['content-length']).toBe(String(body.length));
      expect(answer.headers['docker-content-digest']).toBe(digest);
    }
  });

  it('and two that mean the same are two', async () => {
    const [one, two] = [image(''), image(' ')];
    for (const text of [one, two]) expect((await put(text)).status).toBe(201);
    for (const text of [one, two]) {
      expect(String((await http.send('GET', `/v2/bytes/app/manifests/${digestOf(text)}`)).body)).toBe(text);
    }
  });

  it('also after the server started again', async () => {
    if (process.env.LADING_TEST_URL) return;
    const body = `${image(',"again":1.0')}\r\n`;
    await put(body);
    await registry.restart();
    expect(String((await http.send('GET', '/v2/bytes/app/manifests/v1')).body)).toBe(body);
  });
});

describe('MAN-24, MAN-37: a manifest that two readers could read in two ways is 400', () => {
  it.each([
    ['a byte order mark', `\ufeff${image('')}`],
    ['a comment', `${image('')}//`],
    ['a comma too many', image(',')],
    ['a second document', image('').repeat(2)],
    ['a critical key twice', image(`,"layers":[]`)],
    ['a critical key in capitals', image(`,"LAYERS":[]`)],
    ['a critical key twice, once in escapes', image(String.raw`,"\u006cayers":[]`)],
    ['a negative size', image('', { size: '-1' })],
    ['a size that is no whole number', image('', { size: '1.5' })],
    ['a size that is too large to count', image('', { size: '9007199254740993' })],
    ['a size that is text', image('', { size: '"2"' })],
    ['a digest that is none', image('').replace(CONFIG, 'sha256:short')],
    ['a number that is none', image(',"n":01')],
    ['a line end in a string', image(',"n":"\n"')],
  ])('%s', async (_, text) => {
    const answer = await put(text);
    expect([answer.status, answer.codes]).toEqual([400, ['MANIFEST_INVALID']]);
    expect((await http.send('GET', `/v2/bytes/app/manifests/${digestOf(text)}`)).status).toBe(404);
  });
});

function escapes(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, n) => `\\u${(from + n).toString(16).padStart(4, '0')}`).join('');
}
