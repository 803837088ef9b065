import { DOCKER_LIST, DOCKER_MANIFEST, digestOf, OCI_INDEX, OCI_MANIFEST } from './content.js';
import { type Descriptor, descriptorOf, pushedBlob } from './descriptor.js';
import type { Http } from './http.js';

/** Where a manifest goes, and words that make it unlike any other. */
interface Place {
  http: Http;
  repository: string;
  words: string;
}

export interface ManifestKind {
  /** Requirements that it shows. */
  ids: string;
  name: string;
  type: string;
  /** Pushes what the manifest names. @returns the manifest */
  make(place: Place): Promise<object>;
  /** What the answer to its push gives as `OCI-Subject`. */
  subject?: string;
}

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const EMPTY = 'application/vnd.oci.empty.v1+json';
const SUBJECT = descriptorOf('nobody pushed this', OCI_MANIFEST);

async function image({ http, repository, words }: Place, more: object = {}, config = CONFIG, layer = LAYER) {
  return {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: await pushedBlob(http, repository, JSON.stringify({ words }), config),
    layers: [await pushedBlob(http, repository, words, layer)],
    ...more,
  };
}

/** Pushes a manifest by digest, as clients push the children of an index. @returns what names it */
async function child(place: Place, type: string, manifest: object): Promise<Descriptor> {
  const body = JSON.stringify(manifest);
  const path = `/v2/${place.repository}/manifests/${digestOf(body)}`;
  const answer = await place.http.send('PUT', path, { headers: { 'content-type': type }, body });
  expect(answer.status).toBe(201);
  return descriptorOf(body, type);
}

async function index(place: Place, more: object = {}) {
  const platform = { architecture: 'amd64', os: 'linux' };
  const manifests = [{ ...(await child(place, OCI_MANIFEST, await image(place))), platform }];
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests, ...more };
}

async function nested(place: Place) {
  const manifests = [await child(place, OCI_INDEX, await index(place))];
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}

/** As BuildKit writes it: the image, and beside it what is said of the image. */
async function attested(place: Place) {
  const built = await index(place);
  const statement = await image(place, {}, CONFIG, 'application/vnd.in-toto+json');
  const attestation = {
    ...(await child(place, OCI_MANIFEST, { ...statement, annotations: { of: 'the image' } })),
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': built.manifests[0]!.digest,
    },
  };
  return { ...built, manifests: [...built.manifests, attestation] };
}

/** The newer form of the same: an artifact whose subject has a platform inside, which strict registries refused. */
function attestationArtifact(place: Place) {
  return image(place, {
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    subject: { ...SUBJECT, platform: { architecture: 'amd64', os: 'linux' } },
  });
}

/** The older cache export of BuildKit: layers and a config, none of them a manifest. */
async function buildCache({ http, repository, words }: Place) {
  const annotations = { 'buildkit/createdat': '2026-01-01T00:00:00Z', 'containerd.io/uncompressed': digestOf(words) };
  const manifests = [
    { ...(await pushedBlob(http, repository, words, LAYER)), annotations },
    await pushedBlob(http, repository, JSON.stringify({ words }), 'application/vnd.buildkit.cacheconfig.v0'),
  ];
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}

async function dockerList(place: Place) {
  const body = await image(place, { mediaType: DOCKER_MANIFEST }, 'application/vnd.docker.container.image.v1+json');
  return { schemaVersion: 2, mediaType: DOCKER_LIST, manifests: [await child(place, DOCKER_MANIFEST, body)] };
}

async function artifact({ http, repository, words }: Place) {
  const config = { ...(await pushedBlob(http, repository, '{}', EMPTY)), data: 'e30=' };
  const layers = [await pushedBlob(http, repository, words, 'text/plain; charset=utf-8')];
  return { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: 'application/vnd.example.sbom', config, layers };
}

async function oldArtifact({ http, repository, words }: Place) {
  const mediaType = 'application/vnd.oci.artifact.manifest.v1+json';
  const blobs = [await pushedBlob(http, repository, words, 'application/vnd.example.signature')];
  return { mediaType, artifactType: 'application/vnd.example.signature.v1', blobs, subject: SUBJECT };
}

async function oddLayers(place: Place) {
  const whole = await image(place, {}, CONFIG, `${LAYER}+encrypted`);
  const far = descriptorOf('far', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip');
  return { ...whole, layers: [...whole.layers, { ...far, urls: ['https://layers.example/far'] }] };
}

/** Fields that no specification has, at every level. */
async function customFields(place: Place) {
  const { config, layers, ...rest } = await image(place);
  const odd = { 'org.example.odd': [1, { deep: null }] };
  return { ...rest, ...odd, config: { ...config, ...odd }, layers: layers.map((layer) => ({ ...layer, ...odd })) };
}

const of = (mediaType: string) => ({ mediaType });

/** Every kind of manifest that clients push. */
export const MANIFEST_KINDS: readonly ManifestKind[] = [
  { ids: 'TYPE-01', name: 'an image', type: OCI_MANIFEST, make: (place) => image(place) },
  { ids: 'TYPE-01', name: 'an index', type: OCI_INDEX, make: (place) => index(place) },
  {
    ids: 'MAN-23',
    name: 'an image that does not say its type',
    type: OCI_MANIFEST,
    make: (place) => image(place, { mediaType: undefined }),
  },
  {
    ids: 'MAN-23',
    name: 'an index that does not say its type',
    type: OCI_INDEX,
    make: (place) => index(place, { mediaType: undefined }),
  },
  { ids: 'MAN-26', name: 'an image without layers', type: OCI_MANIFEST, make: (place) => image(place, { layers: [] }) },
  { ids: 'MAN-26', name: 'a nested index', type: OCI_INDEX, make: nested },
  {
    ids: 'MAN-26',
    name: 'an empty index',
    type: OCI_INDEX,
    make: async ({ words }) => ({ schemaVersion: 2, ...of(OCI_INDEX), manifests: [], annotations: { words } }),
  },
  { ids: 'MAN-32', name: 'a build cache, whose entries are blobs', type: OCI_INDEX, make: buildCache },
  { ids: 'TYPE-07', name: 'an index with attestations', type: OCI_INDEX, make: attested },
  {
    ids: 'TYPE-07, MAN-25, MAN-28',
    name: 'an attestation with a platform in its subject',
    type: OCI_MANIFEST,
    make: attestationArtifact,
    subject: SUBJECT.digest,
  },
  {
    ids: 'TYPE-02',
    name: "Docker's manifest of schema 2",
    type: DOCKER_MANIFEST,
    make: (place) => image(place, of(DOCKER_MANIFEST), 'application/vnd.docker.container.image.v1+json'),
  },
  { ids: 'TYPE-02', name: "Docker's manifest list", type: DOCKER_LIST, make: dockerList },
  {
    ids: 'TYPE-06, MAN-33',
    name: 'an image whose layers are encrypted or kept elsewhere',
    type: OCI_MANIFEST,
    make: oddLayers,
  },
  { ids: 'MAN-35', name: 'an artifact with an empty config', type: OCI_MANIFEST, make: artifact },
  {
    ids: 'MAN-35, MAN-36',
    name: 'an artifact without a config',
    type: OCI_MANIFEST,
    make: async (place) => ({ ...(await artifact(place)), config: undefined }),
  },
  {
    ids: 'MAN-35',
    name: 'a chart',
    type: OCI_MANIFEST,
    make: (place) =>
      image(
        place,
        {},
        'application/vnd.cncf.helm.config.v1+json',
        'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      ),
  },
  {
    ids: 'TYPE-04, MAN-28',
    name: 'an artifact of the removed draft',
    type: 'application/vnd.oci.artifact.manifest.v1+json',
    make: oldArtifact,
    subject: SUBJECT.digest,
  },
  {
    ids: 'TYPE-05',
    name: 'JSON of a type that nobody knows',
    type: 'application/vnd.example.thing.v3+json',
    make: async ({ words }) => ({ any: 'thing', words }),
  },
  {
    ids: 'MAN-28, TYPE-05',
    name: 'JSON of an unknown type with a subject',
    type: 'application/vnd.example.note+json',
    make: async ({ words }) => ({ words, subject: SUBJECT }),
    subject: SUBJECT.digest,
  },
  {
    ids: 'MAN-27, MAN-28',
    name: 'an image with a subject',
    type: OCI_MANIFEST,
    make: (place) => image(place, { subject: SUBJECT }),
    subject: SUBJECT.digest,
  },
  {
    ids: 'MAN-27, MAN-28',
    name: 'an index with a subject',
    type: OCI_INDEX,
    make: (place) => index(place, { subject: SUBJECT }),
    subject: SUBJECT.digest,
  },
  {
    ids: 'MAN-28, TYPE-02',
    name: "Docker's manifest with a subject",
    type: DOCKER_MANIFEST,
    make: (place) => image(place, { ...of(DOCKER_MANIFEST), subject: SUBJECT }),
    subject: SUBJECT.digest,
  },
  { ids: 'MAN-25', name: 'an image with fields of its own', type: OCI_MANIFEST, make: customFields },
];
