import { Api } from './support/api.js';
import { digestOf, imageOf, OCI_INDEX, OCI_MANIFEST, pushImage, putBlob, putManifest } from './support/content.js';
import type { Notified } from './support/receiver.js';
import { useNotified } from './support/use-notified.js';

// What receivers of notifications in the CNCF format get; how it gets there is in notifications-delivery.spec.ts.

const PUBLIC = 'https://registry.example.com';
const BYTES = 'application/octet-stream';
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

const { registry, http, receiver } = useNotified(
  (of) => ({
    endpoints: [
      { name: 'all', url: of.url('/all') },
      { name: 'many', url: of.url('/many'), batch: 50 },
      { name: 'references', url: of.url('/references'), includereferences: true },
      {
        name: 'few',
        url: of.url('/few'),
        ignore: { mediatypes: [BYTES], actions: ['mount'], methods: ['head'] },
      },
    ],
  }),
  { LADING_PULL_EVENTS: 'all', LADING_PUBLIC_URL: PUBLIC },
);

let count = 0;
let name = '';
beforeEach(() => {
  name = `notified/app${++count}`;
});

const here = ({ target }: Notified) => target.repository === name;
const of = (action: string) => (event: Notified) => here(event) && event.action === action;

/** All events of the repository of this test, once the last of them is there. */
async function until(isLast: (event: Notified) => boolean, path = '/all'): Promise<Notified[]> {
  await receiver().events(path, (event) => here(event) && isLast(event));
  return receiver().eventsAt(path).filter(here);
}

const isTagged =
  (tag: string) =>
  ({ target }: Notified) =>
    target.tag === tag;

it('EVT-01: is a POST of {"events": [...]} with the media type, to the letter', async () => {
  await pushImage(http, name, 'v1');
  await until(isTagged('v1'));
  for (const { method, headers, text } of receiver().at('/all')) {
    expect([method, headers['content-type']]).toEqual(['POST', 'application/vnd.docker.distribution.events.v2+json']);
    expect(Object.keys(JSON.parse(text))).toEqual(['events']);
  }
});

it('EVT-02: has one event unless more are asked for, and then several', async () => {
  const digest = await pushImage(http, name, 'v1');
  await putManifest(http, name, 'v2', await imageOf(http, name, `${name} v1`));
  expect((await http.send('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202);
  await receiver().events('/all', of('delete'), 3);
  await receiver().events('/many', of('delete'), 3);
  expect(
    receiver()
      .at('/all')
      .map(({ events }) => events.length),
  ).toEqual(
    receiver()
      .at('/all')
      .map(() => 1),
  );
  const together = receiver()
    .at('/many')
    .find(({ events }) => events.some(of('delete')));
  expect(together?.events.filter(of('delete'))).toHaveLength(3);
});

it('EVT-03: an event has these fields, and leaves empty texts out but for those of the request', async () => {
  await pushImage(http, name, 'v1');
  for (const event of await until(isTagged('v1'))) {
    expect(Object.keys(event).sort()).toEqual(['action', 'actor', 'id', 'request', 'source', 'target', 'timestamp']);
    expect(event.id).toMatch(UUID);
    expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    // This client sends no User-Agent.
    expect(event.request.useragent).toBe('');
    const { useragent: _, ...texts } = event.request;
    expect(Object.values({ ...texts, ...event.actor, ...event.source })).not.toContain('');
  }
});

it('EVT-04: an action is pull, push, mount or delete', async () => {
  const digest = await pushImage(http, name, 'v1');
  await http.send('GET', `/v2/${name}/manifests/v1`);
  expect((await http.send('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202);
  await receiver().events('/all', of('pull'));
  await receiver().events('/all', of('delete'), 2);
  const actions = new Set(
    receiver()
      .eventsAt('/all')
      .map(({ action }) => action),
  );
  expect([...actions].filter((action) => !['pull', 'push', 'mount', 'delete'].includes(action))).toEqual([]);
});

it('EVT-05: the target of a push tells what it is, how large and where', async () => {
  const body = await imageOf(http, name, 'words of five', { artifactType: 'application/vnd.example' });
  await putManifest(http, name, 'v1', body);
  const pushed = (await until(isTagged('v1'))).at(-1);
  const digest = digestOf(body);
  const target = {
    ...{ mediaType: OCI_MANIFEST, digest, size: body.length, length: body.length, repository: name, tag: 'v1' },
    ...{ url: `${PUBLIC}/v2/${name}/manifests/${digest}`, artifactType: 'application/vnd.example' },
  };
  expect(pushed?.target).toEqual(target);
  const { config, layers } = JSON.parse(body.toString('utf8'));
  const withReferences = (await until(isTagged('v1'), '/references')).at(-1);
  expect(withReferences?.target).toEqual({ ...target, references: [config, ...layers] });
});

it('EVT-06: sizes are whole numbers', async () => {
  await pushImage(http, name, 'v1');
  const sized = (await until(isTagged('v1'))).filter(({ action }) => action === 'push');
  expect(sized).toHaveLength(3);
  for (const { target } of sized) {
    expect(Number.isInteger(target.size)).toBe(true);
    expect(target.length).toBe(target.size);
  }
});

it('EVT-07: a push by tag names it, one by digest does not, and the host is the public one', async () => {
  const body = await imageOf(http, name, 'words of seven');
  await putManifest(http, name, digestOf(body), body);
  await pushImage(http, name, 'v1');
  await http.send('GET', `/v2/${name}/manifests/v1`);
  await http.send('GET', `/v2/${name}/manifests/${digestOf(body)}`);
  const pulls = await receiver().events('/all', of('pull'), 2);
  expect(pulls.map(({ target }) => target.tag)).toEqual(['v1', undefined]);
  const manifests = receiver()
    .eventsAt('/all')
    .filter(of('push'))
    .filter(({ target }) => target.mediaType !== BYTES);
  expect(manifests.map(({ target }) => ['tag' in target, target.tag])).toEqual([
    [false, undefined],
    [true, 'v1'],
  ]);
  for (const { request } of [...manifests, ...pulls]) expect(request.host).toBe('registry.example.com');
});

it('EVT-08: the address is absolute and by digest, for a push by tag too', async () => {
  const digest = await pushImage(http, name, 'v1');
  const events = await until(isTagged('v1'));
  expect(events.at(-1)?.target.url).toBe(`${PUBLIC}/v2/${name}/manifests/${digest}`);
  for (const { target } of events.filter(({ target: { mediaType } }) => mediaType === BYTES))
    expect(target.url).toBe(`${PUBLIC}/v2/${name}/blobs/${target.digest}`);
});

it('EVT-09: a blob is octet-stream, whatever the manifest calls it', async () => {
  const digest = await putBlob(http, name, 'a layer');
  await http.send('GET', `/v2/${name}/blobs/${digest}`);
  const events = await until(({ action }) => action === 'pull');
  expect(events.map(({ action, target }) => [action, target.mediaType, target.size])).toEqual([
    ['push', BYTES, 7],
    ['pull', BYTES, 7],
  ]);
});

it('EVT-10: a mount is a mount with its source, and not a push', async () => {
  const digest = await putBlob(http, name, 'to be mounted');
  const from = name;
  name = `${name}-target`;
  const { status } = await http.send('POST', `/v2/${name}/blobs/uploads/?mount=${digest}&from=${from}`);
  expect(status).toBe(201);
  await pushImage(http, name, 'after');
  const [mounted, ...others] = (await until(isTagged('after'))).filter(({ target }) => target.digest === digest);
  expect(others).toEqual([]);
  expect([mounted?.action, mounted?.target]).toEqual([
    'mount',
    {
      ...{ mediaType: BYTES, digest, size: 13, length: 13, repository: name, fromRepository: from },
      url: `${PUBLIC}/v2/${name}/blobs/${digest}`,
    },
  ]);
});

it('EVT-11: GET and HEAD of manifests and blobs are pulls, told apart by the method', async () => {
  const digest = await pushImage(http, name, 'v1', 'words of eleven');
  const layer = digestOf('words of eleven');
  for (const path of ['manifests/v1', `manifests/${digest}`, `blobs/${layer}`])
    for (const method of ['GET', 'HEAD']) expect((await http.send(method, `/v2/${name}/${path}`)).status).toBe(200);
  await http.send('GET', `/v2/${name}/manifests/none`);
  const pulls = await receiver().events('/all', of('pull'), 6);
  const told = pulls.map(({ request, target }) => `${request.method} ${target.tag ?? ''} ${target.digest}`);
  expect(told.sort()).toEqual(
    ['GET', 'HEAD']
      .flatMap((method) => [`${method}  ${digest}`, `${method}  ${layer}`, `${method} v1 ${digest}`])
      .sort(),
  );
  const sizes = new Set(pulls.filter(({ target }) => target.digest === layer).map(({ target }) => target.size));
  expect([...sizes]).toEqual([15]);
});

it('EVT-11 keel-hq/keel#289 distribution/distribution#559: types, actions and methods can be left out', async () => {
  const digest = await putBlob(http, name, 'mounted and ignored');
  const target = `${name}-target`;
  await http.send('POST', `/v2/${target}/blobs/uploads/?mount=${digest}&from=${name}`);
  await pushImage(http, name, 'v1');
  for (const method of ['HEAD', 'GET']) await http.send(method, `/v2/${name}/manifests/v1`);
  await receiver().events('/all', of('pull'), 2);
  await receiver().events('/all', (event) => event.target.repository === target);
  // In order for each repository, so what was to come before the pull is there.
  const events = await until(({ action }) => action === 'pull', '/few');
  expect(events.map(({ action, request }) => [action, request.method])).toEqual([
    ['push', 'PUT'],
    ['pull', 'GET'],
  ]);
  expect(
    receiver()
      .eventsAt('/few')
      .filter((event) => event.target.repository === target),
  ).toEqual([]);
});

it('EVT-12: a delete tells what is gone and nothing more', async () => {
  const digest = await pushImage(http, name, 'v1', 'words of twelve');
  const loose = await putBlob(http, name, 'named by nothing');
  for (const path of ['manifests/v1', `manifests/${digest}`, `blobs/${loose}`])
    expect((await http.send('DELETE', `/v2/${name}/${path}`)).status).toBe(202);
  const deletes = await receiver().events('/all', of('delete'), 3);
  expect(deletes.map(({ target }) => target)).toEqual([
    { repository: name, tag: 'v1' },
    { repository: name, digest },
    { repository: name, digest: loose },
  ]);
});

it('EVT-12: a deleted repository is told by its name alone', async () => {
  await pushImage(http, name, 'v1');
  const { status } = await new Api(registry).send('DELETE', `/registry/repositories/${encodeURIComponent(name)}`);
  expect(status).toBe(202);
  const [deleted] = await receiver().events('/all', of('delete'));
  expect([deleted?.target, deleted?.actor]).toEqual([{ repository: name }, { name: registry.user }]);
});

it('EVT-13: a delete by digest is followed by one for each tag that it takes', async () => {
  const body = await imageOf(http, name, 'words of thirteen');
  for (const tag of ['a', 'b']) await putManifest(http, name, tag, body);
  const digest = digestOf(body);
  expect((await http.send('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202);
  const deletes = await receiver().events('/all', of('delete'), 3);
  expect(deletes.map(({ target }) => target)).toEqual([
    { repository: name, digest },
    { repository: name, tag: 'a' },
    { repository: name, tag: 'b' },
  ]);
  expect(new Set(deletes.map(({ id }) => id)).size).toBe(3);
});

it('EVT-14: the request is told by the id of its answer, its client, method and program', async () => {
  const body = await imageOf(http, name, 'words of fourteen');
  const headers = { 'content-type': OCI_MANIFEST, 'user-agent': 'a program/1.0' };
  const put = await http.send('PUT', `/v2/${name}/manifests/v1`, { headers, body });
  const got = await http.send('GET', `/v2/${name}/manifests/v1`, { headers: { 'user-agent': 'a program/1.0' } });
  await receiver().events('/all', of('pull'));
  const [pushed, pulled] = receiver()
    .eventsAt('/all')
    .filter((event) => here(event) && event.target.tag === 'v1');
  const told = { addr: '127.0.0.1', host: 'registry.example.com', useragent: 'a program/1.0' };
  expect(pushed?.request).toEqual({ ...told, id: put.headers['x-request-id'], method: 'PUT' });
  expect(pulled?.request).toEqual({ ...told, id: got.headers['x-request-id'], method: 'GET' });
});

it('EVT-15: the actor is the user', async () => {
  const digest = await pushImage(http, name, 'v1');
  await http.send('GET', `/v2/${name}/manifests/v1`);
  await http.send('DELETE', `/v2/${name}/manifests/${digest}`);
  await receiver().events('/all', of('pull'));
  await receiver().events('/all', of('delete'), 2);
  for (const { actor } of receiver().eventsAt('/all').filter(here)) expect(actor).toEqual({ name: registry.user });
});

it('EVT-16: the source is the process that served the request', async () => {
  await pushImage(http, name, 'v1');
  const sources = (await until(isTagged('v1'))).map(({ source }) => source);
  expect(sources[0]).toEqual({ addr: expect.stringMatching(/^.+:\d+$/), instanceID: expect.stringMatching(UUID) });
  expect(new Set(sources.map((source) => JSON.stringify(source))).size).toBe(1);
});

it('EVT-25: an index is pushed like any manifest, and several tags make a push each', async () => {
  const digest = await pushImage(http, name, 'child');
  const child = {
    mediaType: OCI_MANIFEST,
    digest,
    size: (await http.send('GET', `/v2/${name}/manifests/child`)).body.length,
  };
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] }));
  const path = `/v2/${name}/manifests/${digestOf(index)}?tag=one&tag=two`;
  const { status } = await http.send('PUT', path, { headers: { 'content-type': OCI_INDEX }, body: index });
  expect(status).toBe(201);
  const isIndex = ({ target }: Notified) => target.mediaType === OCI_INDEX;
  const events = (await until(isTagged('two'))).filter(isIndex);
  expect(events.map(({ action, target }) => [action, target.tag])).toEqual([
    ['push', 'one'],
    ['push', 'two'],
  ]);
  const withReferences = (await until(isTagged('two'), '/references')).filter(isIndex);
  expect(withReferences.map(({ target }) => target.references)).toEqual([[child], [child]]);
});
