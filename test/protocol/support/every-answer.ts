import type { Registry } from '../../support/registry.js';
import type { Answer } from './answer.js';
import { digestOf, imageOf, NOWHERE, OCI_INDEX, OCI_MANIFEST, openUpload, pushImage, putBlob } from './content.js';
import { Http, type Sent } from './http.js';
import { tokenFor } from './token.js';

type Who = 'admin' | 'reader' | 'nobody';

/** A request, with the status that it must have. */
type Row = [status: number, method: string, path: string, sent?: Sent, who?: Who];

export interface Exchange {
  /** For messages: who, method, path and expected status. */
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly expected: number;
  readonly answer: Answer;
}

const APP = '/v2/every/app';
const UPLOADS = `${APP}/blobs/uploads/`;
const BLOB = Buffer.from('a blob of every answer');
const LIMIT = 4 * 1024 * 1024;
/** What Go's client, browsers and containerd ask for; every request here does. */
const ACCEPT_ENCODING = 'zstd, gzip, deflate, br';

/** Asserts nothing itself, so that each test of these answers fails for its own reason alone. */
class Unchecked extends Http {
  override send(method: string, path: string, sent?: Sent): Promise<Answer> {
    return this.exchange(method, path, sent);
  }
}

const both = (status: number, path: string, sent?: Sent, who?: Who): Row[] => [
  [status, 'GET', path, sent, who],
  [status, 'HEAD', path, sent, who],
];

/**
 * One request of each kind that `/v2/` knows, with each kind of outcome: what is true of all answers is asserted on
 * these, without the checks that `Http.send` makes of every answer.
 */
export async function everyAnswer(registry: Registry): Promise<Exchange[]> {
  const admin = new Unchecked(registry, Http.asAdmin(registry).authorization);
  const reader = new Unchecked(registry, `Bearer ${await tokenFor(registry, ['repository:every/app:pull'])}`);
  const clients: Record<Who, Http> = { admin, reader, nobody: new Unchecked(registry) };
  const found: Exchange[] = [];
  const rows = [...(await readRows(admin)), ...refusalRows(), ...accessRows(), ...(await writeRows(admin))];
  for (const [expected, method, path, sent, who = 'admin'] of rows) {
    const headers = { 'accept-encoding': ACCEPT_ENCODING, ...sent?.headers };
    const answer = await clients[who].exchange(method, path, { ...sent, headers });
    found.push({ what: `${who}: ${method} ${path} is ${expected}`, method, path, expected, answer });
  }
  for (const client of Object.values(clients)) client.close();
  return found;
}

async function readRows(http: Http): Promise<Row[]> {
  const blob = await putBlob(http, 'every/app', BLOB);
  const image = await pushImage(http, 'every/app', 'v1');
  const signature = await imageOf(http, 'every/app', 'signature', {
    subject: { mediaType: OCI_MANIFEST, digest: image, size: 2 },
  });
  for (const tag of ['v2', 'v3']) {
    await http.send('PUT', `${APP}/manifests/${tag}`, { headers: { 'content-type': OCI_MANIFEST }, body: signature });
  }
  await pushImage(http, 'every/other', 'v1');
  const upload = await openUpload(http, 'every/app');
  const ranged = (range: string): Sent => ({ headers: { range } });
  return [
    ...both(200, '/v2/'),
    ...both(200, '/v2'),
    ...both(200, '/v2/_catalog'),
    ...both(200, '/v2/_catalog?n=1'),
    ...both(200, `${APP}/blobs/${blob}`),
    ...both(304, `${APP}/blobs/${blob}`, { headers: { 'if-none-match': `"${blob}"` } }),
    [206, 'GET', `${APP}/blobs/${blob}`, ranged('bytes=1-4')],
    [416, 'GET', `${APP}/blobs/${blob}`, ranged('bytes=100-')],
    ...both(200, `${APP}/manifests/v1`),
    ...both(200, `${APP}/manifests/${image}`),
    ...both(304, `${APP}/manifests/${image}`, { headers: { 'if-none-match': `"${image}"` } }),
    ...both(200, `${APP}/tags/list`),
    ...both(200, `${APP}/tags/list?n=1`),
    ...both(200, `${APP}/referrers/${image}`),
    ...both(200, `${APP}/referrers/${image}?artifactType=a/b`),
    ...both(200, `/v2/every/nowhere/referrers/${NOWHERE}`),
    ...both(204, upload),
  ];
}

/** Refusals of what a caller who may do everything asks. */
function refusalRows(): Row[] {
  const type = { 'content-type': OCI_MANIFEST };
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ digest: NOWHERE, size: 1, mediaType: 'a/b' }] };
  const tags = Array.from({ length: 400 }, (_, n) => `tag=t${n}`).join('&');
  return [
    ...both(404, '/v2/a'),
    ...both(404, '/v2/_oci/ext/discover'),
    ...both(404, `${APP}/blobs/${NOWHERE}`),
    ...both(400, `${APP}/blobs/sha256:short`),
    ...both(404, `${APP}/manifests/none`),
    ...both(404, `${APP}/manifests/${NOWHERE}`),
    ...both(400, `${APP}/manifests/sha256:short`),
    ...both(400, `${APP}/referrers/sha256:short`),
    ...both(404, '/v2/every/nowhere/tags/list'),
    ...both(400, `${APP}/tags/list?n=x`),
    ...both(400, '/v2/_catalog?n=-1'),
    ...both(400, '/v2/Every/app/tags/list'),
    ...both(404, '/v2/library/tags/list'),
    ...both(404, `${UPLOADS}none`),
    [404, 'PATCH', `${UPLOADS}none`, { body: 'x' }],
    [404, 'PUT', `${UPLOADS}none?digest=${NOWHERE}`],
    [404, 'DELETE', `${UPLOADS}none`],
    [404, 'DELETE', `${APP}/blobs/${NOWHERE}`],
    [404, 'DELETE', `${APP}/manifests/none`],
    [404, 'DELETE', '/v2/every/nowhere/manifests/none'],
    [405, 'DELETE', `${APP}/blobs/${digestOf('every/app v1')}`],
    [405, 'POST', '/v2/'],
    [405, 'PUT', `${APP}/tags/list`],
    [405, 'GET', UPLOADS],
    [403, 'POST', '/v2/library/blobs/uploads/'],
    [403, 'PUT', '/v2/library/manifests/v1', { headers: type, body: '{}' }],
    [400, 'POST', `${UPLOADS}?digest=sha256:short`, { body: 'x' }],
    [400, 'POST', `${UPLOADS}?digest=${NOWHERE}`, { body: 'x' }],
    [400, 'POST', `${UPLOADS}?mount=sha256:short&from=every/other`],
    [400, 'POST', `${UPLOADS}?digest-algorithm=md5`],
    [400, 'PUT', `${APP}/manifests/v9`, { headers: type, body: 'no json' }],
    [400, 'PUT', `${APP}/manifests/.v9`, { headers: type, body: '{}' }],
    [400, 'PUT', `${APP}/manifests/${NOWHERE}`, { headers: type, body: '{}' }],
    [400, 'PUT', `${APP}/manifests/v9`, { headers: { 'content-type': OCI_INDEX }, body: JSON.stringify(index) }],
    [413, 'PUT', `${APP}/manifests/v9`, { headers: type, body: Buffer.alloc(LIMIT + 1, ' ') }],
    [414, 'PUT', `${APP}/manifests/${NOWHERE}?${tags}`, { headers: type, body: '{}' }],
  ];
}

/** The same routes for who may not. */
function accessRows(): Row[] {
  const reads = [
    '/v2/',
    '/v2/_catalog',
    ...['manifests/v1', `blobs/${NOWHERE}`, 'tags/list'].map((to) => `${APP}/${to}`),
  ];
  const writes: [string, string][] = [
    ['POST', UPLOADS],
    ['PATCH', `${UPLOADS}x`],
    ['PUT', `${UPLOADS}x?digest=${NOWHERE}`],
    ['DELETE', `${UPLOADS}x`],
    ['PUT', `${APP}/manifests/v1`],
    ['DELETE', `${APP}/manifests/v1`],
    ['DELETE', `${APP}/blobs/${NOWHERE}`],
  ];
  return [
    ...[...reads, `${APP}/referrers/${NOWHERE}`, `${UPLOADS}x`].flatMap((path) => both(401, path, {}, 'nobody')),
    ...writes.flatMap(([method, path]): Row[] => [
      [401, method, path, {}, 'nobody'],
      [401, method, path, {}, 'reader'],
    ]),
    ...both(401, '/v2/every/other/manifests/v1', {}, 'reader'),
    ...both(401, '/v2', { headers: { authorization: 'Bearer x' } }, 'nobody'),
  ];
}

async function writeRows(http: Http): Promise<Row[]> {
  const [first, second, other] = [
    await openUpload(http, 'every/app'),
    await openUpload(http, 'every/app'),
    await putBlob(http, 'every/other', 'to mount'),
  ];
  const body = await imageOf(http, 'every/app', 'written');
  const [type, digest] = [{ 'content-type': OCI_MANIFEST }, digestOf(body)];
  const chunk = (range: string, text = 'x'): Sent => ({ headers: { 'content-range': range }, body: text });
  return [
    [202, 'POST', UPLOADS],
    [202, 'PATCH', first, chunk('0-4', 'chunk')],
    [416, 'PATCH', first, chunk('9-9')],
    [400, 'PATCH', first, chunk('no range')],
    [400, 'PATCH', first, chunk('5-9')],
    ...both(204, first),
    [400, 'PUT', first],
    [201, 'PUT', `${first}?digest=${digestOf('chunk')}`],
    [201, 'POST', `${UPLOADS}?digest=${digestOf('whole')}`, { body: 'whole' }],
    [201, 'POST', `${UPLOADS}?mount=${other}&from=every/other`],
    [202, 'POST', `${UPLOADS}?mount=${NOWHERE}&from=every/other`],
    [201, 'PUT', `${APP}/manifests/written`, { headers: type, body }],
    [201, 'PUT', `${APP}/manifests/${digest}?tag=more`, { headers: type, body }],
    [202, 'DELETE', `${APP}/manifests/more`],
    [202, 'DELETE', `${APP}/manifests/${digest}`],
    [202, 'DELETE', `${APP}/blobs/${digestOf('whole')}`],
    [204, 'DELETE', second],
  ];
}
