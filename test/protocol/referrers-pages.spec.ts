import { digestOf, OCI_INDEX, OCI_MANIFEST, putManifest } from './support/content.js';
import { type Descriptor, descriptorOf } from './support/descriptor.js';
import { allReferrers, referrersPage } from './support/referrers.js';
import { useRegistry } from './support/use-registry.js';

const MIB = 1024 * 1024;

const { http } = useRegistry();
let count = 0;
let name = '';
let subject: Descriptor;

beforeEach(() => {
  name = `pages/app${++count}`;
  subject = descriptorOf(`subject of ${name}`, OCI_MANIFEST);
});

/** Pushes an index with the subject: it needs nothing else to be there. @returns its digest */
async function refer(more: object, type = OCI_INDEX): Promise<string> {
  const body = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [], subject, ...more }));
  expect((await putManifest(http, name, digestOf(body), body, type)).status).toBe(201);
  return digestOf(body);
}

const text = (n: number, bytes: number) => `${n} `.padEnd(bytes, 'x');

it.each([
  ['annotations', (n: number) => ({ annotations: { large: text(n, 1.5 * MIB) } })],
  ['many small annotations', (n: number) => ({ annotations: Object.fromEntries(many(n)) })],
  ['an artifactType', (n: number) => ({ artifactType: text(n, 1.5 * MIB) })],
  ['characters that are longer as JSON', (n: number) => ({ artifactType: `${n}${'"'.repeat(0.8 * MIB)}` })],
  ['all of them', (n: number) => ({ annotations: { large: text(n, MIB) }, artifactType: text(n, 0.7 * MIB) })],
])(
  'REF-09, REF-22, limit referrers-page: a list that is large by %s comes in pages, each with a Link to the next',
  async (_, more) => {
    const wanted: string[] = [];
    for (let n = 0; n < 6; n++) wanted.push(await refer(more(n)));
    const pages = await allReferrers(http, name, subject.digest);
    expect(pages.flat().map(({ digest }) => digest)).toEqual(wanted);
    expect(pages.length).toBeGreaterThan(1);
    for (const [n, { annotations, artifactType }] of pages.flat().entries()) {
      expect({ annotations, artifactType }).toEqual({ annotations: undefined, artifactType: undefined, ...more(n) });
    }
  },
);

it('REF-09: the Link keeps the filter, however often it is repeated', async () => {
  const types = ['application/a+b', 'application/c', 'application/d'];
  const wanted: string[] = [];
  for (let n = 0; n < 9; n++) {
    const artifactType = types[n % 3];
    const digest = await refer({ artifactType, annotations: { large: text(n, 1.5 * MIB) } });
    if (artifactType !== 'application/c') wanted.push(digest);
  }
  const query = '?artifactType=application/a%2Bb&n=100&artifactType=application/d';
  const first = await referrersPage(http, name, subject.digest, query);
  expect(first.link).toContain('artifactType=application%2Fa%2Bb&artifactType=application%2Fd&');
  expect(first.answer.headers['oci-filters-applied']).toBe('artifactType');
  const second = await http.send('GET', first.link!);
  expect(second.headers['oci-filters-applied']).toBe('artifactType');
  const pages = await allReferrers(http, name, subject.digest, query);
  expect(pages.map((page) => page.length)).toEqual([2, 2, 2]);
  expect(pages.flat().map(({ digest }) => digest)).toEqual(wanted);
});

it('REF-09: a page goes on behind its last one, also where that was deleted or more came meanwhile', async () => {
  const pushed: string[] = [];
  for (let n = 0; n < 5; n++) pushed.push(await refer({ annotations: { large: text(n, 1.5 * MIB) } }));
  const first = await referrersPage(http, name, subject.digest);
  expect((await http.send('DELETE', `/v2/${name}/manifests/${pushed[1]}`)).status).toBe(202);
  expect((await http.send('DELETE', `/v2/${name}/manifests/${pushed[2]}`)).status).toBe(202);
  const late = await refer({ annotations: { late: 'x' } });
  const rest = await http.send('GET', first.link!);
  const { manifests } = JSON.parse(String(rest.body)) as { manifests: Descriptor[] };
  expect(manifests.map(({ digest }) => digest)).toEqual([pushed[3], pushed[4], late]);
});

it.each(['after=', 'after=x', 'after=-1', 'after=99999999999999999999', 'after=1.5', 'last=x&n=-1', 'n=0'])(
  'REF-01: a position that is none (%s) is the beginning',
  async (query) => {
    const digest = await refer({});
    const { manifests } = await referrersPage(http, name, subject.digest, `?${query}`);
    expect(manifests.map((each) => each.digest)).toEqual([digest]);
  },
);

it('REF-10: the first page holds 1,200 referrers, and a filter finds each of them', async () => {
  const annotations = { 'org.opencontainers.image.created': '2026-01-01T00:00:00Z' };
  const numbers = Array.from({ length: 1_200 }, (_, n) => n);
  for (let n = 0; n < numbers.length; n += 40) {
    const part = numbers.slice(n, n + 40);
    await Promise.all(part.map((i) => refer({ artifactType: `application/vnd.kind-${i % 4}`, i, annotations })));
  }
  const { manifests, link } = await referrersPage(http, name, subject.digest);
  expect([manifests.length, link]).toEqual([1_200, undefined]);
  expect(new Set(manifests.map(({ digest }) => digest)).size).toBe(1_200);
  for (const { annotations: own } of manifests) expect(own).toEqual(annotations);
  const some = await referrersPage(http, name, subject.digest, '?artifactType=application/vnd.kind-3');
  expect([some.manifests.length, some.link]).toEqual([300, undefined]);
});

it('REF-22, limit referrers-page: a referrer that alone would be more than 4 MiB is listed without what makes it so', async () => {
  const type = 'application/x';
  const before = await refer({ annotations: { a: 'b' } });
  const rest = { subject: { digest: subject.digest }, annotations: { a: '' } };
  const annotations = { a: 'x'.repeat(4 * MIB - JSON.stringify(rest).length) };
  const body = Buffer.from(JSON.stringify({ ...rest, annotations }));
  expect(body).toHaveLength(4 * MIB);
  expect((await putManifest(http, name, digestOf(body), body, type)).status).toBe(201);
  const after = await refer({ annotations: { c: 'd' } });
  const pages = await allReferrers(http, name, subject.digest);
  expect(pages).toEqual([
    [expect.objectContaining({ digest: before, annotations: { a: 'b' } })],
    [{ mediaType: type, digest: digestOf(body), size: 4 * MIB }],
    [expect.objectContaining({ digest: after, annotations: { c: 'd' } })],
  ]);
});

function many(n: number): [string, string][] {
  return Array.from({ length: 10_000 }, (_, i) => [`${n}.${i}`, 'x'.repeat(130)]);
}
