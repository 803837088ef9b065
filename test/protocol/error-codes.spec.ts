import { truncateSync } from 'node:fs';
import { type Answer, errorsIn } from './support/answer.js';
import { putBlobFile } from './support/blob-file.js';
import {
  DOCKER_MANIFEST,
  digestOf,
  imageOf,
  NOWHERE,
  OCI_INDEX,
  OCI_MANIFEST,
  openUpload,
  pushImage,
  putManifest,
} from './support/content.js';
import { SPEC_CODES } from './support/error-codes.js';
import { Http } from './support/http.js';
import { tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

const MIB = 1024 * 1024;
const NAME = 'codes/app';
const AT = `/v2/${NAME}`;
const UPLOADS = `${AT}/blobs/uploads/`;
const BLAKE3 = `blake3:${'0'.repeat(64)}`;
const MISSING = [digestOf('missing 1'), digestOf('missing 2')];
const TAGS = Array.from({ length: 400 }, (_, n) => `tag=t${n}`).join('&');

const { registry, http, closing } = useRegistry({ LADING_OPEN_UPLOADS: '50' });
const nobody = closing(new Http(registry));
let reader: Http;

beforeAll(async () => {
  await pushImage(http, NAME, 'v1');
  reader = closing(new Http(registry, `Bearer ${await tokenFor(registry, [`repository:${NAME}:pull`])}`));
});

const put = (reference: string, body: object | string | Buffer, type = OCI_MANIFEST, client = http, name = NAME) => {
  const bytes = Buffer.isBuffer(body) ? body : typeof body === 'string' ? body : JSON.stringify(body);
  return putManifest(client, name, reference, Buffer.from(bytes), type);
};
const inUpload = async (method: string, headers: Record<string, string>, body: string, query = '') =>
  http.send(method, (await openUpload(http, NAME)) + query, { headers, body });
const incomplete = async () =>
  put(
    'v2',
    await imageOf(http, NAME, 'x', { layers: MISSING.map((digest) => ({ mediaType: 'a/b', digest, size: 1 })) }),
  );

async function afterEnd(method: string): Promise<Answer> {
  const location = await openUpload(http, NAME);
  await http.send('DELETE', location);
  return http.send(method, `${location}?digest=${NOWHERE}`, { body: 'x' });
}

async function ofDamagedBlob(): Promise<Answer> {
  const { path, file } = await putBlobFile(registry, http, NAME, Buffer.from('a blob that the disk lost'));
  truncateSync(file, 3);
  return http.send('GET', path);
}

/** The bytes never come: nothing else may use the connection. */
function tooManyBytes(): Promise<Answer> {
  const headers = { 'content-length': `${2 ** 60}`, expect: '100-continue', connection: 'close' };
  return http.send('POST', UPLOADS, { headers });
}

async function oneUploadTooMany(): Promise<Answer> {
  for (;;) {
    const answer = await http.send('POST', '/v2/codes/many/blobs/uploads/');
    if (answer.status !== 202) return answer;
  }
}

type Row = [code: string, status: number, when: string, send: () => Promise<Answer>];

/** Code and status for each cause, as the table of ERR-05 has it with the codes that ERR-12 leaves. */
const ROWS: Row[] = [
  ['BLOB_UNKNOWN', 404, 'a GET of a missing blob', () => http.send('GET', `${AT}/blobs/${NOWHERE}`)],
  ['BLOB_UNKNOWN', 404, 'a DELETE of a missing blob', () => http.send('DELETE', `${AT}/blobs/${NOWHERE}`)],
  ['BLOB_UPLOAD_INVALID', 400, 'a Content-Range that is none', () => inUpload('PATCH', { 'content-range': 'x' }, 'x')],
  ['BLOB_UPLOAD_INVALID', 416, 'a chunk ahead', () => inUpload('PATCH', { 'content-range': '5-5' }, 'x')],
  [
    'BLOB_UPLOAD_INVALID',
    416,
    'a range beyond a blob',
    () => http.send('GET', `${AT}/blobs/${digestOf(`${NAME} v1`)}`, { headers: { range: 'bytes=5000-' } }),
  ],
  ['BLOB_UPLOAD_UNKNOWN', 404, 'an upload that never was', () => http.send('PATCH', `${UPLOADS}x`, { body: 'x' })],
  ['BLOB_UPLOAD_UNKNOWN', 404, 'bytes for a cancelled upload', () => afterEnd('PATCH')],
  ['BLOB_UPLOAD_UNKNOWN', 404, 'the end of a cancelled upload', () => afterEnd('PUT')],
  ['DIGEST_INVALID', 400, 'a malformed digest', () => http.send('GET', `${AT}/blobs/sha256:short`)],
  ['DIGEST_INVALID', 400, 'an unsupported algorithm', () => http.send('POST', `${UPLOADS}?digest=${BLAKE3}`)],
  ['DIGEST_INVALID', 400, 'other bytes', () => http.send('POST', `${UPLOADS}?digest=${NOWHERE}`, { body: 'x' })],
  ['DIGEST_INVALID', 400, 'another manifest', () => put(NOWHERE, {})],
  ['MANIFEST_BLOB_UNKNOWN', 400, 'missing layers', incomplete],
  [
    'MANIFEST_BLOB_UNKNOWN',
    400,
    'a missing child',
    () =>
      put('v2', { schemaVersion: 2, manifests: [{ mediaType: OCI_MANIFEST, digest: NOWHERE, size: 1 }] }, OCI_INDEX),
  ],
  ['MANIFEST_INVALID', 400, 'no JSON', () => put('v2', 'no JSON')],
  ['MANIFEST_INVALID', 400, 'a wrong shape', () => put('v2', { schemaVersion: 2, layers: 1 })],
  ['MANIFEST_INVALID', 400, 'two types', () => put('v2', { schemaVersion: 2, mediaType: DOCKER_MANIFEST, layers: [] })],
  ['MANIFEST_INVALID', 400, 'a PUT under a malformed tag', () => put('.v2', {})],
  ['MANIFEST_UNKNOWN', 404, 'a GET of a missing tag', () => http.send('GET', `${AT}/manifests/none`)],
  ['MANIFEST_UNKNOWN', 404, 'a GET of a missing digest', () => http.send('GET', `${AT}/manifests/${NOWHERE}`)],
  ['MANIFEST_UNKNOWN', 404, 'a GET of a malformed tag', () => http.send('GET', `${AT}/manifests/.v2`)],
  ['MANIFEST_UNKNOWN', 404, 'a DELETE of a missing tag', () => http.send('DELETE', `${AT}/manifests/none`)],
  ['NAME_INVALID', 400, 'a name against the grammar', () => http.send('GET', '/v2/Codes/app/tags/list')],
  ['NAME_INVALID', 400, 'too long a name', () => http.send('POST', `/v2/a/${'b'.repeat(255)}/blobs/uploads/`)],
  ['NAME_UNKNOWN', 404, 'tags of no repository', () => http.send('GET', '/v2/codes/none/tags/list')],
  ['NAME_UNKNOWN', 404, 'a DELETE in no repository', () => http.send('DELETE', `/v2/codes/none/manifests/${NOWHERE}`)],
  ['SIZE_INVALID', 400, 'a chunk of another length', () => inUpload('PATCH', { 'content-range': '0-8' }, 'x')],
  ['SIZE_INVALID', 413, 'too large a manifest', () => put('v2', Buffer.alloc(4 * MIB + 1, ' '))],
  ['UNAUTHORIZED', 401, 'no credentials', () => nobody.send('GET', `${AT}/manifests/v1`)],
  [
    'UNAUTHORIZED',
    401,
    'a bad token',
    () => nobody.send('GET', `${AT}/manifests/v1`, { headers: { authorization: 'Bearer x' } }),
  ],
  ['UNAUTHORIZED', 401, 'a token for less', () => reader.send('POST', UPLOADS)],
  ['DENIED', 403, 'a policy that refuses', () => http.send('POST', '/v2/library/blobs/uploads/')],
  ['UNSUPPORTED', 405, 'another method', () => http.send('PUT', `${AT}/tags/list`)],
  ['UNSUPPORTED', 405, 'a blob in use', () => http.send('DELETE', `${AT}/blobs/${digestOf(`${NAME} v1`)}`)],
  ['UNSUPPORTED', 400, 'an n that is no number', () => http.send('GET', `${AT}/tags/list?n=x`)],
  ['UNSUPPORTED', 414, 'too many tags in a URL', () => put(`${NOWHERE}?${TAGS}`, {})],
  ['TOOMANYREQUESTS', 429, 'one open upload too many', oneUploadTooMany],
  ['UNKNOWN', 500, 'a blob that the disk lost', ofDamagedBlob],
  ['UNAVAILABLE', 503, 'more bytes than the disk has room for', tooManyBytes],
];

it('ERR-05: has a cause here for every code', () => {
  expect([...new Set(ROWS.map(([code]) => code))].sort()).toEqual([...SPEC_CODES, 'UNAVAILABLE', 'UNKNOWN'].sort());
});

it.each(ROWS)('ERR-05: %s with %i answers %s', async (code, status, _, send) => {
  const answer = await send();
  expect([answer.status, [...new Set(answer.codes)]]).toEqual([status, [code]]);
  if (status === 429 || status === 503) expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  if (status === 401) expect(answer.headers['www-authenticate']).toContain(`service="`);
});

it('ERR-05: missing blobs are an entry each, with the digest as its detail', async () => {
  expect(errorsIn(await incomplete()).map(({ code, detail }) => [code, detail])).toEqual(
    MISSING.map((digest) => ['MANIFEST_BLOB_UNKNOWN', digest]),
  );
});

// containers/image pushes a manifest again in another format when it reads one of these codes, or these words of ECR.
describe('ERR-07: a PUT of a manifest that is refused for another reason than its form', () => {
  const image = () => imageOf(http, NAME, 'refused');
  const named = async (name: string) => put('v1', await image(), OCI_MANIFEST, http, name);

  it.each<[string, number, string, () => Promise<Answer>]>([
    ['by policy, for a name of one component', 403, 'DENIED', () => named('library')],
    ['by policy, for a name that is reserved', 403, 'DENIED', () => named('api/app')],
    ['by policy, for too deep a name', 403, 'DENIED', () => named('codes/app/a/b/c')],
    ['for want of credentials', 401, 'UNAUTHORIZED', async () => put('v1', await image(), OCI_MANIFEST, nobody)],
    ['for want of a right', 401, 'UNAUTHORIZED', async () => put('v1', await image(), OCI_MANIFEST, reader)],
    ['for its size', 413, 'SIZE_INVALID', () => put('v1', Buffer.alloc(4 * MIB + 1, ' '))],
    ['for blobs that are missing', 400, 'MANIFEST_BLOB_UNKNOWN', incomplete],
    ['for another digest', 400, 'DIGEST_INVALID', async () => put(NOWHERE, await image())],
    ['for too many tags', 414, 'UNSUPPORTED', async () => put(`${NOWHERE}?${TAGS}`, await image())],
  ])('%s says so, and not that the form is wrong', async (_, status, code, send) => {
    const answer = await send();
    expect([answer.status, [...new Set(answer.codes)]]).toEqual([status, [code]]);
    expect(String(answer.body)).not.toMatch(/MANIFEST_INVALID|TAG_INVALID|Invalid JSON syntax/i);
  });
});
