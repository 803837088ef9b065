import type { Random } from '../support/random.js';
import { seededBytes } from '../support/seeded-bytes.js';
import type { Answer } from './support/answer.js';
import { AtOnce, type Round } from './support/at-once.js';
import { digestOf, OCI_INDEX, OCI_MANIFEST, putBlob, putManifest } from './support/content.js';
import { type Descriptor, descriptorOf } from './support/descriptor.js';
import type { Http } from './support/http.js';
import { UPLOAD_STYLES } from './support/upload-styles.js';
import { useRegistry } from './support/use-registry.js';

const [CLIENTS, STEPS] = [8, 12];
const TAGS = ['a', 'b', 'c'];
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** Few things that hang together in many ways: images that share layers, indexes that share images, referrers. */
class World {
  readonly blobs: readonly Buffer[];
  readonly images: readonly Buffer[];
  readonly indexes: readonly Buffer[];

  constructor(
    readonly name: string,
    readonly source: string,
  ) {
    this.blobs = [0, 1, 2, 3].map((n) => seededBytes(20_000 + n, `${name} ${n}`));
    const [a, b, c, d] = this.blobs.map((bytes) => descriptorOf(bytes, LAYER)) as [
      Descriptor,
      Descriptor,
      Descriptor,
      Descriptor,
    ];
    const plain = [image(a, [b, c]), image(a, [c, b]), image(b, [d])];
    const [one, two, three] = plain.map((body) => descriptorOf(body, OCI_MANIFEST)) as [
      Descriptor,
      Descriptor,
      Descriptor,
    ];
    this.images = [...plain, image(a, [d], { subject: one })];
    const [first, second] = [index(one, two), index(two, one, three)];
    this.indexes = [first, second, index(descriptorOf(first, OCI_INDEX), descriptorOf(this.blobs[3]!, LAYER))];
  }
}

function image(config: Descriptor, layers: Descriptor[], more: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers, ...more }));
}

function index(...manifests: Descriptor[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
}

const { registry, closing } = useRegistry();
let clients: AtOnce;

beforeAll(async () => {
  clients = closing(new AtOnce(registry, 'once/all'));
});

/** What may be answered, with the code that an error must have. */
function expectOneOf(answer: Answer, ...allowed: string[]): void {
  const said = [String(answer.status), ...new Set(answer.codes)].join(' ');
  expect(allowed).toContain(said);
}

const path = (world: World, rest: string) => `/v2/${world.name}/${rest}`;

/** As clients push: what is not there is uploaded, then the manifest is put. */
async function pushImage(http: Http, world: World, random: Random): Promise<void> {
  const body = random.pick(world.images);
  const { config, layers } = JSON.parse(String(body)) as { config: Descriptor; layers: Descriptor[] };
  for (const { digest } of [config, ...layers]) {
    const head = await http.send('HEAD', path(world, `blobs/${digest}`));
    expect([200, 404]).toContain(head.status);
    const bytes = world.blobs.find((each) => digestOf(each) === digest)!;
    const style = random.pick(Object.values(UPLOAD_STYLES));
    if (head.status === 404) expect((await style(http, world.name, bytes)).status).toBe(201);
  }
  const reference = random.pick([...TAGS, digestOf(body)]);
  expectOneOf(await putManifest(http, world.name, reference, body), '201', '400 MANIFEST_BLOB_UNKNOWN');
}

async function pushIndex(http: Http, world: World, random: Random): Promise<void> {
  const body = random.pick(world.indexes);
  const reference = random.pick([`${digestOf(body)}?tag=${TAGS.join('&tag=')}`, ...TAGS, digestOf(body)]);
  const answer = await putManifest(http, world.name, reference, body, OCI_INDEX);
  expectOneOf(answer, '201', '400 MANIFEST_BLOB_UNKNOWN');
}

async function removeManifest(http: Http, world: World, random: Random): Promise<void> {
  const reference = random.pick([...TAGS, ...[...world.images, ...world.indexes].map((body) => digestOf(body))]);
  const answer = await http.send('DELETE', path(world, `manifests/${reference}`));
  expectOneOf(answer, '202', '404 MANIFEST_UNKNOWN', '404 NAME_UNKNOWN', '405 UNSUPPORTED');
}

async function removeBlob(http: Http, world: World, random: Random): Promise<void> {
  const answer = await http.send('DELETE', path(world, `blobs/${digestOf(random.pick(world.blobs))}`));
  expectOneOf(answer, '202', '404 BLOB_UNKNOWN', '404 NAME_UNKNOWN', '405 UNSUPPORTED');
}

async function mount(http: Http, world: World, random: Random): Promise<void> {
  const digest = digestOf(random.pick(world.blobs));
  const answer = await http.send('POST', path(world, `blobs/uploads/?mount=${digest}&from=${world.source}`));
  expectOneOf(answer, '201');
}

async function pull(http: Http, world: World, random: Random): Promise<void> {
  const answer = await http.send('GET', path(world, `manifests/${random.pick(TAGS)}`));
  expectOneOf(answer, '200', '404 MANIFEST_UNKNOWN');
  if (answer.status === 200) expect(digestOf(answer.body)).toBe(answer.headers['docker-content-digest']);
}

async function list(http: Http, world: World): Promise<void> {
  expectOneOf(await http.send('GET', path(world, 'tags/list')), '200', '404 NAME_UNKNOWN');
  expectOneOf(await http.send('GET', path(world, `referrers/${digestOf(world.images[0]!)}`)), '200');
}

const STEPS_OF_CLIENTS = [
  pushImage,
  pushImage,
  pushImage,
  pushIndex,
  pushIndex,
  removeManifest,
  removeManifest,
  removeBlob,
  removeBlob,
  mount,
  pull,
  list,
];

/** What is there is whole: each manifest with all that it names, each tag with its manifest. @returns what is there */
async function expectWhole({ http }: Round, world: World): Promise<Set<string>> {
  const there = new Set<string>();
  for (const digest of world.blobs.map((bytes) => digestOf(bytes))) {
    const { status, body } = await http.send('GET', path(world, `blobs/${digest}`));
    if (status === 200) expect(digestOf(body)).toBe(digest);
    if (status === 200) there.add(digest);
  }
  const manifests = [...world.images, ...world.indexes].map((body) => [digestOf(body), body] as const);
  for (const [digest, expected] of manifests) {
    const { status, body } = await http.send('GET', path(world, `manifests/${digest}`));
    if (status === 200) expect(body.equals(expected)).toBe(true);
    if (status === 200) there.add(digest);
  }
  for (const [digest, body] of manifests.filter(([each]) => there.has(each))) {
    const named = [...String(body).matchAll(/"digest":"([^"]+)"/g)].map(([, each]) => each!);
    const subject = (JSON.parse(String(body)) as { subject?: Descriptor }).subject?.digest;
    const lacking = named.filter((each) => each !== subject && !there.has(each));
    expect({ digest, lacking }).toEqual({ digest, lacking: [] });
  }
  for (const tag of TAGS) {
    const { status, headers } = await http.send('HEAD', path(world, `manifests/${tag}`));
    if (status === 200) expect(there).toContain(headers['docker-content-digest']);
  }
  return there;
}

it('MAN-44, ERR-09, UPL-35, DEL-07, MNT-08: pushes, deletes, mounts and pulls of things that hang together leave each of them whole or gone', () =>
  clients.inRounds(async (round) => {
    const world = new World(round.name, `${round.name}/source`);
    for (const bytes of world.blobs) await putBlob(round.http, world.source, bytes);
    const client = (number: number) => async (http: Http) => {
      const random = round.fork(`client ${number}`);
      for (let step = 0; step < STEPS; step++) await random.pick(STEPS_OF_CLIENTS)(http, world, random);
    };
    await round.atOnce(...Array.from({ length: CLIENTS }, (_, n) => client(n)));
    await expectWhole(round, world);
    // Nothing is stuck: what is pushed now is there afterwards, all of it.
    for (const bytes of world.blobs) await putBlob(round.http, world.name, bytes);
    for (const body of world.images) expect((await putManifest(round.http, world.name, 'a', body)).status).toBe(201);
    for (const body of world.indexes) {
      expect((await putManifest(round.http, world.name, 'b', body, OCI_INDEX)).status).toBe(201);
    }
    const all = [...world.blobs, ...world.images, ...world.indexes].map((each) => digestOf(each));
    expect([...(await expectWhole(round, world))].sort()).toEqual(all.sort());
  }));
