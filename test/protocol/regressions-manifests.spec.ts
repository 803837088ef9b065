import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  digestOf,
  imageOf,
  NOWHERE,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  putManifest,
} from './support/content.js';
import { type Descriptor, descriptorOf, pushedBlob } from './support/descriptor.js';
import { pushReferrer, referrersPage } from './support/referrers.js';
import { useRegistry } from './support/use-registry.js';

// Faults that other registries had, each told by the public thread that its name gives (regressions.json).

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

const { http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `past/app${++count}`;
});

const get = (reference: string, headers: Record<string, string> = {}, method = 'GET') =>
  http.send(method, `/v2/${name}/manifests/${reference}`, { headers });
const put = (reference: string, body: object | Buffer, type: string) =>
  putManifest(http, name, reference, Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)), type);
const json = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await http.send('GET', path, { headers });
  return [answer.status, JSON.parse(String(answer.body))];
};
const indexOf = (...manifests: object[]) => ({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
/** Pushes an image by digest, as clients do with the children of an index. */
const child = async (words: string, type = OCI_MANIFEST): Promise<Descriptor> => {
  const body = await imageOf(http, name, words, { mediaType: type });
  expect((await put(digestOf(body), body, type)).status).toBe(201);
  return descriptorOf(body, type);
};

it('regression containerd/containerd#5124, distribution/distribution#4895: HEAD has a length, whatever encodings are accepted (MAN-02, BLOB-01)', async () => {
  const digest = await pushImage(http, name, 'v1', 'length');
  const accepted = { 'accept-encoding': 'gzip, deflate, br, zstd', te: 'trailers' };
  for (const path of [`manifests/v1`, `manifests/${digest}`, `blobs/${digestOf('length')}`]) {
    const head = await http.send('HEAD', `/v2/${name}/${path}`, { headers: accepted });
    const whole = await http.send('GET', `/v2/${name}/${path}`, { headers: accepted });
    expect(head.headers['content-length']).toBe(String(whole.body.length));
    expect(head.headers).not.toHaveProperty('content-encoding');
    expect(head.headers['docker-content-digest']).toBe(digestOf(whole.body));
  }
});

it('regression docker/hub-feedback#2372: a signature whose push was answered with OCI-Subject is found by it at once (MAN-28)', async () => {
  const image = { mediaType: OCI_MANIFEST, digest: await pushImage(http, name, 'v1'), size: 1 };
  const artifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
  const signature = await pushReferrer(http, name, image, 'signature', { artifactType });
  const query = `?artifactType=${encodeURIComponent(artifactType)}`;
  expect((await referrersPage(http, name, image.digest, query)).manifests).toEqual([signature]);
  expect((await get(image.digest.replace(':', '-'))).status).toBe(404);
});

it('regression distribution/distribution#4385, bazel-contrib/rules_oci#322: an OCI manifest is there for who sends no Accept (MAN-05, MAN-06)', async () => {
  const entry = await child('no accept');
  expect((await put('v1', indexOf(entry), OCI_INDEX)).status).toBe(201);
  for (const accept of [undefined, '*/*', '', DOCKER_MANIFEST, DOCKER_LIST, 'application/json', OCI_MANIFEST]) {
    const headers: Record<string, string> = accept === undefined ? {} : { accept };
    for (const [reference, type] of [
      ['v1', OCI_INDEX],
      [entry.digest, OCI_MANIFEST],
    ] as const) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await get(reference, headers, method);
        expect([accept, answer.status, answer.headers['content-type']]).toEqual([accept, 200, type]);
      }
    }
  }
});

it('regression renovatebot/renovate#3078: the list of tags is there whatever Accept says (TAG-13)', async () => {
  await pushImage(http, name, 'v1');
  for (const accept of ['text/html', 'application/xml', OCI_MANIFEST, 'application/json;q=0', '*/*;q=0.1', '']) {
    expect(await json(`/v2/${name}/tags/list`, { accept })).toEqual([200, { name, tags: ['v1'] }]);
  }
});

it('regression distribution/distribution#4856: a page size above the most gives what there is (TAG-08)', async () => {
  await pushImage(http, name, 'v1');
  for (const n of ['1000', '10000', '100000', '999999999999999']) {
    expect(await json(`/v2/${name}/tags/list?n=${n}`)).toEqual([200, { name, tags: ['v1'] }]);
    expect((await json(`/v2/_catalog?n=${n}`))[0]).toBe(200);
  }
});

it('regression goharbor/harbor#10972: an empty list is [], never null (TAG-01)', async () => {
  const digest = await pushImage(http, name, 'v1');
  await http.send('DELETE', `/v2/${name}/manifests/v1`);
  const empty = `{"name":"${name}","tags":[]}`;
  expect(String((await http.send('GET', `/v2/${name}/tags/list`)).body)).toBe(empty);
  await http.send('DELETE', `/v2/${name}/manifests/${digest}`);
  for (const query of ['', '?n=0', '?last=zzz']) {
    expect(String((await http.send('GET', `/v2/${name}/tags/list${query}`)).body)).toBe(empty);
  }
  expect(String((await http.send('GET', '/v2/_catalog?last=zzz')).body)).toBe('{"repositories":[]}');
  expect(String((await http.send('GET', `/v2/${name}/referrers/${NOWHERE}`)).body)).toContain('"manifests":[]');
});

it('regression moby/buildkit#2479, goharbor/harbor#14774: a build cache is an index of blobs, and is written again and again (MAN-32)', async () => {
  const config = 'application/vnd.buildkit.cacheconfig.v0';
  for (let build = 1; build <= 3; build++) {
    const words = Array.from({ length: build }, (_, n) => `layer ${n}`);
    const layers = await Promise.all(words.map((each) => pushedBlob(http, name, each, LAYER)));
    const cache = indexOf(...layers, await pushedBlob(http, name, `{"build":${build}}`, config));
    expect((await put('buildcache', cache, OCI_INDEX)).status).toBe(201);
    expect(JSON.parse(String((await get('buildcache')).body))).toEqual(cache);
    for (const { digest } of cache.manifests as Descriptor[]) {
      expect((await http.send('GET', `/v2/${name}/blobs/${digest}`)).status).toBe(200);
      expect((await get(digest)).status).toBe(404);
    }
  }
});

it('regression moby/buildkit#6171: an attestation may have fields that its reader does not know (MAN-25)', async () => {
  const platform = { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['x'], more: { deep: [1] } };
  const subject = { ...(await child('attested')), platform, artifactType: 'application/x', annotations: { a: 'b' } };
  const statement = await pushedBlob(http, name, '{"_type":"statement"}', 'application/vnd.in-toto+json');
  const body = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    config: await pushedBlob(http, name, '{}', 'application/vnd.oci.empty.v1+json'),
    layers: [{ ...statement, annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' } }],
    subject,
    futureField: true,
  };
  const answer = await put('v1', body, OCI_MANIFEST);
  expect([answer.status, answer.headers['oci-subject']]).toEqual([201, subject.digest]);
  expect(JSON.parse(String((await get('v1')).body))).toEqual(body);
});

it('regression project-zot/zot#596, #724, #3104: what Docker pushed is pulled byte for byte under its own type (TYPE-02)', async () => {
  const entry = await child('docker', DOCKER_MANIFEST);
  const list = { schemaVersion: 2, mediaType: DOCKER_LIST, manifests: [entry] };
  const text = JSON.stringify(list, null, 3);
  expect((await put('v1', Buffer.from(text), DOCKER_LIST)).status).toBe(201);
  for (const accept of [DOCKER_LIST, `${OCI_INDEX}, ${OCI_MANIFEST}`, '*/*']) {
    const served = await get('v1', { accept });
    expect([served.status, served.headers['content-type'], String(served.body)]).toEqual([200, DOCKER_LIST, text]);
    expect(served.headers['docker-content-digest']).toBe(digestOf(text));
    expect((await get(entry.digest, { accept })).headers['content-type']).toBe(DOCKER_MANIFEST);
  }
});

it('regression project-zot/zot#3005, knative/func#2721: a tag goes from any type to any other and back (MAN-41)', async () => {
  const image = await imageOf(http, name, 'moves');
  const docker = await imageOf(http, name, 'moves', { mediaType: DOCKER_MANIFEST });
  await put(digestOf(image), image, OCI_MANIFEST);
  await put(digestOf(docker), docker, DOCKER_MANIFEST);
  const manifests: [string, Buffer][] = [
    [OCI_MANIFEST, image],
    [OCI_INDEX, Buffer.from(JSON.stringify(indexOf(descriptorOf(image, OCI_MANIFEST))))],
    [DOCKER_MANIFEST, docker],
    [
      DOCKER_LIST,
      Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [descriptorOf(docker, DOCKER_MANIFEST)] })),
    ],
    ['application/vnd.example.x+json', Buffer.from('{"x":1}')],
  ];
  const pairs = manifests.flatMap((from) => manifests.map((to) => [from, to] as const));
  for (const step of pairs.flat()) {
    const [type, body] = step;
    expect((await put('latest', body, type)).status).toBe(201);
    const served = await get('latest');
    expect([served.headers['content-type'], served.body.equals(body)]).toEqual([type, true]);
  }
  for (const [type, body] of manifests) expect((await get(digestOf(body))).headers['content-type']).toBe(type);
});

it('regression go-gitea/gitea#26839, #31861, #37093: an index is taken by tag and by digest, and one that lacks a child is 400, never 404 (MAN-31, ERR-08)', async () => {
  const children = [await child('amd64'), await child('arm64')];
  const index = indexOf(...children);
  const digest = digestOf(JSON.stringify(index));
  for (const reference of [digest, 'v1', 'v2']) expect((await put(reference, index, OCI_INDEX)).status).toBe(201);
  for (const each of children) expect((await get(each.digest)).status).toBe(200);
  const lacking = indexOf(children[0]!, { ...children[1], digest: NOWHERE });
  const fresh = `${name}/new`;
  for (const repository of [name, fresh]) {
    const answer = await putManifest(http, repository, 'v3', Buffer.from(JSON.stringify(lacking)), OCI_INDEX);
    expect([answer.status, new Set(answer.codes)]).toEqual([400, new Set(['MANIFEST_BLOB_UNKNOWN'])]);
  }
});
