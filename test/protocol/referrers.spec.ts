import {
  DOCKER_LIST,
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
import { type Descriptor, descriptorOf } from './support/descriptor.js';
import { Http } from './support/http.js';
import { allReferrers, pushReferrer, referrersPage } from './support/referrers.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http } = useRegistry();
let count = 0;
let name = '';
let subject: Descriptor;

beforeEach(() => {
  name = `refer/app${++count}`;
  subject = descriptorOf(`subject of ${name}`, OCI_MANIFEST);
});

const put = (reference: string, body: object, type = OCI_MANIFEST) =>
  putManifest(http, name, reference, Buffer.from(JSON.stringify(body)), type);
const page = (digest = subject.digest, query = '') => referrersPage(http, name, digest, query);
const digests = async (digest = subject.digest, query = '') =>
  (await page(digest, query)).manifests.map((each) => each.digest);
const refer = (words: string, more = {}, to = subject) => pushReferrer(http, name, to, words, more);

describe('a list of referrers', () => {
  it.each([
    ['a subject that nobody pushed', async () => pushImage(http, name, 'v1')],
    ['a repository that is not there', async () => pushImage(http, `${name}/beside`, 'v1')],
    ['a project that is not there', async () => undefined],

    ['a repository with an open upload only', async () => openUpload(http, name)],
    [
      'a repository that was emptied',
      async () => http.send('DELETE', `/v2/${name}/manifests/${await pushImage(http, name, 'v1')}`),
    ],
  ])('REF-01, REF-02, REF-18, D-15: of %s is an empty index, never 404', async (_, prepare) => {
    await prepare();
    const unknown = ['sha256:'.padEnd(71, '0'), `sha512:${'0'.repeat(128)}`, 'blake3:abc', subject.digest];
    for (const digest of unknown) {
      const { answer, manifests, link } = await page(digest);
      expect([manifests, link]).toEqual([[], undefined]);
      expect(String(answer.body)).toBe(`{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[]}`);
      const head = await http.send('HEAD', `/v2/${name}/referrers/${digest}`);
      expect(head.headers).toMatchObject({ 'content-type': OCI_INDEX, 'content-length': String(answer.body.length) });
    }
  });

  it.each([
    'sha256:short',
    'sha256',
    'v1',
    `sha256:${'A'.repeat(64)}`,
    `sha256-${'0'.repeat(64)}`,
    ':',
    'a:b:c',
    '%00:a',
  ])('REF-03: of %s, which is no digest, is 400', async (digest) => {
    await pushImage(http, name, 'v1');
    const answer = await http.send('GET', `/v2/${name}/referrers/${digest}`);
    expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
  });

  it('REF-04, REF-06: tells of each its type, size, digest, artifactType and own annotations, and nothing else', async () => {
    const annotations = { 'org.example.a': '1', '': 'empty', ünï: '"\\\n\u0001' };
    const wanted = [
      await refer('plain'),
      await refer('typed', { artifactType: 'application/vnd.example.sbom' }),
      await refer('annotated', { annotations }),
      await refer('annotated with nothing', { annotations: {} }),
    ];
    const { annotations: _, ...bare } = wanted[3]!;
    expect((await page()).manifests).toEqual([...wanted.slice(0, 3), bare]);
  });

  it('REF-05: derives artifactType from the config of an image, and gives an index without one none', async () => {
    const none = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], subject };
    const own = { ...none, artifactType: 'application/vnd.example.set' };
    const { config: _, ...bare } = JSON.parse(String(await imageOf(http, name, 'bare', { subject })));
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: await putBlob(http, name, '{}'), size: 2 };
    const cases: [object, string, string | undefined][] = [
      [none, OCI_INDEX, undefined],
      [own, OCI_INDEX, 'application/vnd.example.set'],
      [{ ...bare }, OCI_MANIFEST, undefined],
      [{ ...bare, config: empty }, OCI_MANIFEST, 'application/vnd.oci.empty.v1+json'],
      [{ ...bare, config: empty, artifactType: 'application/x' }, OCI_MANIFEST, 'application/x'],
      [{ ...bare, config: empty, artifactType: '' }, OCI_MANIFEST, 'application/vnd.oci.empty.v1+json'],
    ];
    for (const [body, type] of cases) expect((await put(digestOf(JSON.stringify(body)), body, type)).status).toBe(201);
    const listed = (await page()).manifests;
    expect(listed.map(({ artifactType }) => artifactType)).toEqual(cases.map(([, , artifactType]) => artifactType));
    expect(listed.map(({ mediaType }) => mediaType)).toEqual(cases.map(([, type]) => type));
  });

  it('REF-05, MAN-42: derives artifactType anew where the same bytes come under another type', async () => {
    const { mediaType: _, ...untyped } = JSON.parse(String(await imageOf(http, name, 'retyped', { subject })));
    const unknown = 'application/vnd.example.unknown+json';
    for (const [type, artifactType] of [
      [unknown, undefined],
      [OCI_MANIFEST, 'application/vnd.oci.image.config.v1+json'],
      [unknown, undefined],
    ] as const) {
      expect((await put('v1', untyped, type)).status).toBe(201);
      expect((await page()).manifests).toMatchObject([{ mediaType: type }]);
      expect((await page()).manifests[0]?.artifactType).toBe(artifactType);
    }
  });

  it('REF-11: is in the order of the pushes, and stays so', async () => {
    const wanted = [];
    for (let n = 0; n < 12; n++) wanted.push((await refer(`number ${n}`)).digest);
    expect(await digests()).toEqual(wanted);
    await http.send('DELETE', `/v2/${name}/manifests/${wanted[3]}`);
    await refer('number 5');
    expect(await digests()).toEqual(wanted.filter((_, n) => n !== 3));
  });
});

describe('REF-07: a filter by artifactType', () => {
  const types = ['application/vnd.a', 'application/vnd.b+json', 'application/vnd.c'];
  let wanted: { digest: string; artifactType?: string }[];

  beforeEach(async () => {
    wanted = [];
    for (const n of [0, 1, 2, 0]) wanted.push(await refer(`${types[n]} ${wanted.length}`, { artifactType: types[n] }));
    wanted.push(await refer('derived'));
  });
  const filtered = async (...filters: string[]) => {
    const query = filters.map((type) => `artifactType=${encodeURIComponent(type)}`).join('&');
    const { answer, manifests } = await page(subject.digest, `?${query}`);
    return { applied: answer.headers['oci-filters-applied'], digests: manifests.map(({ digest }) => digest) };
  };
  const of = (...filters: string[]) =>
    wanted.filter(({ artifactType }) => filters.includes(artifactType!)).map(({ digest }) => digest);

  it('gives those of the type, derived or not, and says so', async () => {
    for (const type of [...types, 'application/vnd.oci.image.config.v1+json']) {
      expect(await filtered(type)).toEqual({ applied: 'artifactType', digests: of(type) });
    }
    expect(await filtered('application/vnd.none')).toEqual({ applied: 'artifactType', digests: [] });
    expect(await filtered('application/vnd')).toEqual({ applied: 'artifactType', digests: [] });
  });

  it('REF-08: several match any of them, and are one header', async () => {
    const [a, b, c] = types as [string, string, string];
    expect(await filtered(a, c)).toEqual({ applied: 'artifactType', digests: of(a, c) });
    expect(await filtered(c, 'application/vnd.none', b, c)).toEqual({ applied: 'artifactType', digests: of(b, c) });
    expect(await filtered('', b)).toEqual({ applied: 'artifactType', digests: of(b) });
  });

  it('REF-08: that is empty, or absent, is none, and is not said to be applied', async () => {
    for (const query of [
      '',
      '?',
      '?artifactType=',
      '?artifactType=&artifactType=',
      '?artifacttype=x',
      '?n=1',
      '?ns=docker.io',
    ]) {
      const { answer, manifests } = await page(subject.digest, query);
      expect(answer.headers).not.toHaveProperty('oci-filters-applied');
      expect(manifests.map(({ digest }) => digest)).toEqual(wanted.map(({ digest }) => digest));
    }
  });

  it('HTTP-32: takes a plus sign that was not escaped', async () => {
    expect(await digests(subject.digest, `?artifactType=${types[1]}`)).toEqual(of(types[1]!));
  });

  it.each(['%00', 'a%00b', '%ED%A0%80', '%ff', 'x'.repeat(300)])(
    'of any characters finds nothing: %s',
    async (type) => {
      expect(await digests(subject.digest, `?artifactType=${type}`)).toEqual([]);
    },
  );
});

describe('a referrer', () => {
  it('REF-12: is listed as soon as its push was answered, and gone as soon as its delete was', async () => {
    for (let n = 0; n < 20; n++) {
      const { digest } = await refer(`now ${n}`);
      expect(await digests()).toEqual([digest]);
      expect((await http.send('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202);
      expect(await digests()).toEqual([]);
    }
  });

  it('REF-12: stays listed when its subject is deleted, and when its own tag is', async () => {
    const image = await pushImage(http, name, 'v1');
    const to = { mediaType: OCI_MANIFEST, digest: image, size: 1 };
    const { digest } = await refer('signature', {}, to);
    const body = await imageOf(http, name, 'tagged signature', { subject: to });
    await putManifest(http, name, 'sig', body);
    await http.send('DELETE', `/v2/${name}/manifests/sig`);
    expect((await http.send('DELETE', `/v2/${name}/manifests/${image}`)).status).toBe(202);
    expect((await http.send('GET', `/v2/${name}/manifests/${image}`)).status).toBe(404);
    expect(await digests(image)).toEqual([digest, digestOf(body)]);
    expect((await http.send('GET', `/v2/${name}/manifests/${digest}`)).status).toBe(200);
    await pushImage(http, name, 'v1');
    expect(await digests(image)).toEqual([digest, digestOf(body)]);
  });

  it('REF-13: is listed in its own repository only', async () => {
    const here = await refer('here');
    for (const other of [`${name}/below`, `${name}-beside`, 'refer/other']) {
      expect((await referrersPage(http, other, subject.digest)).manifests).toEqual([]);
      const there = await pushReferrer(http, other, subject, `in ${other}`);
      expect((await referrersPage(http, other, subject.digest)).manifests).toEqual([there]);
    }
    expect((await page()).manifests).toEqual([here]);
  });

  it.each([
    ["Docker's manifest", DOCKER_MANIFEST],
    ["Docker's list", DOCKER_LIST],
    ['a type nobody knows', 'application/vnd.example.x+json'],
    ['the removed draft', 'application/vnd.oci.artifact.manifest.v1+json'],
    ['an index', OCI_INDEX],
  ])('MAN-28, REF-19: that is %s is answered with OCI-Subject, and is listed then', async (_, mediaType) => {
    const image = JSON.parse(String(await imageOf(http, name, mediaType))) as object;
    const body = mediaType === DOCKER_MANIFEST ? { ...image } : { schemaVersion: 2, manifests: [] };
    const whole = { ...body, mediaType, subject, annotations: { a: 'b' } };
    const digest = digestOf(JSON.stringify(whole));
    const answer = await put(digest, whole, mediaType);
    expect([answer.status, answer.headers['oci-subject']]).toEqual([201, subject.digest]);
    expect((await page()).manifests).toMatchObject([{ mediaType, digest, annotations: { a: 'b' } }]);
  });

  it('REF-19, MAN-28: without a subject is answered without OCI-Subject, and listed nowhere', async () => {
    for (const more of [{}, { subject: null }]) {
      const answer = await put('v1', JSON.parse(String(await imageOf(http, name, 'none', more))));
      expect(answer.headers).not.toHaveProperty('oci-subject');
    }
    expect(await digests()).toEqual([]);
  });

  it('MAN-28: may have a subject of any type, known here or not', async () => {
    for (const [n, mediaType] of [DOCKER_MANIFEST, DOCKER_LIST, OCI_INDEX, 'application/vnd.any+json'].entries()) {
      const to = descriptorOf(`${mediaType} of ${name}`, mediaType);
      const listed = await refer(`to ${n}`, {}, to);
      expect((await page(to.digest)).manifests).toEqual([listed]);
    }
  });

  it('REF-15: may be a subject itself, and so may a blob, or itself not be there', async () => {
    const signature = await refer('signature');
    const timestamp = await refer('timestamp of the signature', {}, signature);
    const note = await refer('note on the timestamp', {}, timestamp);
    const blob = descriptorOf('a blob', 'application/octet-stream');
    await putBlob(http, name, 'a blob');
    const ofBlob = await refer('of a blob', {}, blob);
    const chain = [subject, signature, timestamp, note, blob].map(({ digest }) => digests(digest));
    expect(await Promise.all(chain)).toEqual([
      [signature.digest],
      [timestamp.digest],
      [note.digest],
      [],
      [ofBlob.digest],
    ]);
    expect((await http.send('DELETE', `/v2/${name}/manifests/${timestamp.digest}`)).status).toBe(202);
    expect(await digests(timestamp.digest)).toEqual([note.digest]);
  });

  it('MAN-27, REF-14: that came before its subject is listed before and after that comes', async () => {
    const body = await imageOf(http, name, 'comes later');
    const to = descriptorOf(body, OCI_MANIFEST);
    const early = await refer('early', {}, to);
    expect(await digests(to.digest)).toEqual([early.digest]);
    await putManifest(http, name, 'v1', body);
    const late = await refer('late', {}, to);
    expect((await page(to.digest)).manifests).toEqual([early, late]);
  });
});

describe('REF-16: a fallback tag of clients that do not know referrers', () => {
  const fallback = (digest: string) => digest.replace(':', '-').slice(0, 7 + 64);

  it.each(['sha256', 'sha512'] as const)('of a %s is an ordinary tag with an index', async (algorithm) => {
    const to = descriptorOf('signed', OCI_MANIFEST, algorithm);
    const tag = fallback(to.digest);
    const body = await imageOf(http, name, 'signature without a subject');
    expect((await putManifest(http, name, digestOf(body), body)).status).toBe(201);
    const entry = descriptorOf(body, OCI_MANIFEST);
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] };
    expect((await put(tag, index, OCI_INDEX)).status).toBe(201);
    const served = await http.send('GET', `/v2/${name}/manifests/${tag}`);
    expect(JSON.parse(String(served.body))).toEqual(index);
    expect((await put(tag, { ...index, manifests: [] }, OCI_INDEX)).status).toBe(201);
    expect((await put(tag, index, OCI_INDEX)).status).toBe(201);
    const tags = await http.send('GET', `/v2/${name}/tags/list`);
    expect(JSON.parse(String(tags.body)).tags).toEqual([tag]);
    // Its index holds nothing back: such a client deletes the signature first and writes the tag anew.
    expect((await http.send('DELETE', `/v2/${name}/manifests/${entry.digest}`)).status).toBe(202);
    expect((await http.send('DELETE', `/v2/${name}/manifests/${tag}`)).status).toBe(202);
    expect((await http.send('GET', `/v2/${name}/manifests/${tag}`)).status).toBe(404);
  });

  it('REF-14, REF-17: adds to the list what has a subject, and nothing else that its index names', async () => {
    const withSubject = await refer('pushed by an old client');
    const without = await imageOf(http, name, 'no subject');
    await putManifest(http, name, digestOf(without), without);
    const manifests = [descriptorOf(without, OCI_MANIFEST), withSubject];
    expect((await put(fallback(subject.digest), { schemaVersion: 2, manifests }, OCI_INDEX)).status).toBe(201);
    expect((await page()).manifests).toEqual([withSubject]);
  });
});

it('ACC-01, REF-20: the list of an all-zero digest needs pull, like any other', async () => {
  const anonymous = new Http(registry);
  const answer = await anonymous.send('GET', `/v2/${name}/referrers/${NOWHERE}`);
  expect([answer.status, answer.headers['www-authenticate']]).toEqual([
    401,
    expect.stringContaining(`scope="repository:${name}:pull"`),
  ]);
  anonymous.close();
  expect((await allReferrers(http, name, NOWHERE)).flat()).toEqual([]);
});
