import { digestOf, OCI_INDEX, OCI_MANIFEST, pushImage, putManifest } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

const { http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `gone/app${++count}`;
});

const get = (reference: string) => http.send('GET', `/v2/${name}/manifests/${reference}`);
const refused = async (answer: Promise<{ status: number; codes: string[] }>, status: number, ...codes: string[]) => {
  const { status: actual, codes: found } = await answer;
  expect([actual, found]).toEqual([status, codes]);
};
const remove = (reference: string) => http.send('DELETE', `/v2/${name}/manifests/${reference}`);

it('DEL-01, DEL-10: of a tag leaves the manifest and its other tags', async () => {
  const digest = await pushImage(http, name, 'v1', 'two tags');
  await pushImage(http, name, 'v2', 'two tags');
  expect(await remove('v1')).toMatchObject({ status: 202, headers: { 'content-length': '0' } });
  await refused(get('v1'), 404, 'MANIFEST_UNKNOWN');
  for (const reference of ['v2', digest]) expect((await get(reference)).status).toBe(200);
});

it('DEL-02: of a digest takes all its tags with it', async () => {
  const digest = await pushImage(http, name, 'v1', 'all tags');
  await pushImage(http, name, 'v2', 'all tags');
  expect((await remove(digest)).status).toBe(202);
  for (const reference of ['v1', 'v2', digest]) await refused(get(reference), 404, 'MANIFEST_UNKNOWN');
});

it('DEL-03: of what is not there is 404', async () => {
  await refused(remove('v1'), 404, 'NAME_UNKNOWN');
  const digest = await pushImage(http, name, 'v1');
  await refused(remove('v2'), 404, 'MANIFEST_UNKNOWN');
  await remove(digest);
  for (const reference of ['v1', digest]) await refused(remove(reference), 404, 'MANIFEST_UNKNOWN');
  await refused(remove('sha256:short'), 400, 'DIGEST_INVALID');
});

it('DEL-05, DEL-07, regression project-zot/zot#1559: of a blob is 405 while a manifest holds it, then 202, then 404', async () => {
  const digest = await pushImage(http, name, 'v1', 'layer bytes');
  const blob = `/v2/${name}/blobs/${digestOf('layer bytes')}`;
  const held = await http.send('DELETE', blob);
  expect([held.status, held.codes]).toEqual([405, ['UNSUPPORTED']]);
  expect(held.body.toString()).toContain(digest);
  await remove(digest);
  expect((await http.send('DELETE', blob)).status).toBe(202);
  for (const method of ['GET', 'HEAD', 'DELETE']) expect((await http.send(method, blob)).status).toBe(404);
});

it('DEL-08: of an index leaves its children; of a child that it lists is 405', async () => {
  const child = await pushImage(http, name, 'child');
  const manifests = [{ mediaType: OCI_MANIFEST, digest: child, size: 2 }];
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  await putManifest(http, name, 'v1', index, OCI_INDEX);
  await refused(remove(child), 405, 'UNSUPPORTED');
  expect((await remove(digestOf(index))).status).toBe(202);
  expect((await get(child)).status).toBe(200);
  expect((await remove(child)).status).toBe(202);
});

it('DEL-10: is answered without a body, and with no digest but the one that was asked', async () => {
  const digest = await pushImage(http, name, 'v1', 'answers');
  for (const path of ['manifests/v1', `manifests/${digest}`, `blobs/${digestOf('answers')}`]) {
    const { status, headers, body } = await http.send('DELETE', `/v2/${name}/${path}`);
    expect([status, headers['content-length'], body.length]).toEqual([202, '0', 0]);
    expect(headers).not.toHaveProperty('content-type');
    expect(path).toContain(headers['docker-content-digest'] ?? '');
  }
});

it('DEL-05: of a blob that is not there is 404', async () => {
  const none = `/v2/${name}/blobs/${digestOf('nobody pushed this')}`;
  expect((await http.send('DELETE', none)).status).toBe(404);
  await pushImage(http, name, 'v1');
  await refused(http.send('DELETE', none), 404, 'BLOB_UNKNOWN');
});

it('comes back by a push of the same bytes, with that tag alone', async () => {
  const digest = await pushImage(http, name, 'old', 'comes back');
  await remove(digest);
  await pushImage(http, name, 'new', 'comes back');
  expect((await get('new')).headers['docker-content-digest']).toBe(digest);
  await refused(get('old'), 404, 'MANIFEST_UNKNOWN');
});
