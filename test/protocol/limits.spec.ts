import { assertRefusal } from './support/answer.js';
import { digestOf, imageOf, NOWHERE, OCI_INDEX, OCI_MANIFEST, openUpload, putManifest } from './support/content.js';
import { limit } from './support/limit.js';
import { answersIn, head, Raw } from './support/raw.js';
import { useUnharmed } from './support/unharmed.js';
import { useRegistry } from './support/use-registry.js';

const NAME = 'limits/app';
const OPEN = 3;

const { registry, http } = useUnharmed({ LADING_OPEN_UPLOADS: String(OPEN), LADING_NAME_LEVELS: '3' });
let admin: string;

beforeAll(async () => {
  admin = `Authorization: ${http.authorization}`;
  expect((await putManifest(http, NAME, 'v1', await imageOf(http, NAME, 'limits'))).status).toBe(201);
});

/** The first answer to these bytes, on a connection of their own. */
async function answerTo(bytes: string) {
  const raw = Raw.open(registry, bytes);
  const [answer] = await raw.answered(1);
  raw.cut();
  return answer!;
}

/** The only answer to these bytes, after which the server closed the connection. */
async function lastAnswerTo(bytes: string) {
  const { answers, rest } = answersIn(await Raw.open(registry, bytes).ended());
  expect([answers.length, rest]).toEqual([1, '']);
  assertRefusal(answers[0]!);
  return answers[0]!;
}

/** Lengths of a head's address, names and values, a header X of this size among them. */
function headOf(bytes: number, path: string): string {
  const others = path.length + 'Host'.length + 'registry.test'.length + 'X'.length;
  return head('GET', path, `X: ${'x'.repeat(bytes - others)}`);
}

describe('HTTP-19: a request', () => {
  it.each(['/v2/', `/v2/?${'x'.repeat(30_000)}`])(
    'limit header-bytes: has as many bytes in its head as it may and no more, wherever they are: %#',
    async (path) => {
      const { most, refusal } = limit('header-bytes');
      expect((await answerTo(headOf(most, path))).status).toBe(401);
      expect(await lastAnswerTo(headOf(most + 1, path))).toMatchObject(refusal);
    },
  );

  it('limit header-count: has as many headers as it may and no more', async () => {
    const { most, refusal } = limit('header-count');
    const counting = (count: number) => head('GET', '/v2/', ...Array.from({ length: count - 1 }, () => 'a: b'));
    expect((await answerTo(counting(most))).status).toBe(401);
    expect(await lastAnswerTo(counting(most + 1))).toMatchObject(refusal);
  });

  it('limit chunk-extensions: has chunks with extensions as long as they may be, and no longer', async () => {
    const { most, refusal } = limit('chunk-extensions');
    const chunked = (bytes: number) =>
      `${head('POST', '/v2/', 'Transfer-Encoding: chunked')}${`1;${'e'.repeat(bytes)}\r\nx\r\n`.repeat(3)}0\r\n\r\n`;
    expect((await answerTo(chunked(most))).status).toBe(405);
    const raw = Raw.open(registry, head('PUT', `/v2/${NAME}/manifests/x`, admin, 'Transfer-Encoding: chunked'));
    raw.write(`1;${'e'.repeat(most + 1)}\r\nx\r\n0\r\n\r\n`);
    expect(answersIn(await raw.ended()).answers).toMatchObject([refusal]);
  });

  it('limit trailer-bytes: has trailers as long as they may be, and no longer', async () => {
    const { most, refusal } = limit('trailer-bytes');
    const trailing = (bytes: number) =>
      `${head('PUT', `/v2/${NAME}/manifests/x`, admin, 'Transfer-Encoding: chunked')}1\r\nx\r\n0\r\nX: ${'x'.repeat(bytes - 1)}\r\n\r\n`;
    expect(await answerTo(trailing(most))).toMatchObject({ status: 400, codes: ['MANIFEST_INVALID'] });
    expect(await lastAnswerTo(trailing(most + 1))).toMatchObject(refusal);
  });

  it('HTTP-20, limit kept-connection: that is refused keeps its connection when its body is no longer than this', async () => {
    const { most } = limit('kept-connection');
    const connectionAfter = async (...framing: string[]) =>
      (await answerTo(head('PUT', `/v2/${NAME}/tags/list`, admin, ...framing))).headers.connection;
    expect(await connectionAfter(`Content-Length: ${most}`)).toBe('keep-alive');
    expect(await connectionAfter(`Content-Length: ${most + 1}`)).toBe('close');
    expect(await connectionAfter('Transfer-Encoding: chunked')).toBe('close');
  });
});

describe('a name', () => {
  const uploadsOf = (name: string) => http.send('POST', `/v2/${name}/blobs/uploads/`);

  it('limit name-levels: is as deep below its project as the setting says and no deeper', async () => {
    const { refusal } = limit('name-levels');
    const upload = await uploadsOf('limits/deep/a/b/c');
    expect(upload.status).toBe(202);
    expect(await uploadsOf('limits/deep/a/b/c/d')).toMatchObject(refusal);
    expect((await http.send('GET', '/v2/limits/deep/a/b/c/d/tags/list')).status).toBe(404);
  });

  it('NAME-08, limit digest-length: may be a digest of an unknown algorithm, as long as it may be and no longer', async () => {
    const { most, refusal } = limit('digest-length');
    const digest = (length: number) => `other:${'x'.repeat(length - 'other:'.length)}`;
    expect((await http.send('GET', `/v2/${NAME}/blobs/${digest(most)}`)).status).toBe(404);
    expect((await http.send('GET', `/v2/${NAME}/referrers/${digest(most)}`)).status).toBe(200);
    for (const path of ['blobs', 'referrers', 'manifests'])
      expect(await http.send('GET', `/v2/${NAME}/${path}/${digest(most + 1)}`)).toMatchObject(refusal);
  });
});

describe('MAN-25: the type of a manifest', () => {
  it('limit media-type-length: is as long as it may be and no longer, in the header and in the manifest', async () => {
    const { most, refusal } = limit('media-type-length');
    const typed = (length: number) => `application/${'x'.repeat(length)}`;
    const put = (type: string, body: object) =>
      putManifest(http, NAME, 'typed', Buffer.from(JSON.stringify(body)), type);
    expect((await put(typed(most), {})).status).toBe(201);
    expect((await http.send('GET', `/v2/${NAME}/manifests/typed`)).headers['content-type']).toBe(typed(most));
    expect(await put(typed(most + 1), {})).toMatchObject(refusal);
    expect(await put('', { mediaType: typed(most + 1) })).toMatchObject(refusal);
  });
});

describe('a page', () => {
  it.each(['/v2/_catalog', `/v2/${NAME}/tags/list`])(
    'TAG-09, limit page-number: of %s takes an n of as many digits as it may have and no more',
    async (path) => {
      const { most, refusal } = limit('page-number');
      expect((await http.send('GET', `${path}?n=${'9'.repeat(most)}`)).status).toBe(200);
      expect((await http.send('GET', `${path}?n=${'0'.repeat(most)}1`)).status).toBe(refusal.status);
      expect(await http.send('GET', `${path}?n=${'9'.repeat(most + 1)}`)).toMatchObject(refusal);
    },
  );
});

describe('a project', () => {
  it('limit open-uploads: has as many uploads open as the setting says, in all its repositories, and no more', async () => {
    const { refusal } = limit('open-uploads');
    const [first] = [await openUpload(http, 'limits/open'), await openUpload(http, 'limits/open/a')];
    expect((await openUpload(http, 'limits/open/b')).length).toBeGreaterThan(0);
    const whole = `?digest=${NOWHERE}`;
    for (const path of [
      'limits/open/blobs/uploads/',
      'limits/open/c/blobs/uploads/',
      `limits/open/blobs/uploads/${whole}`,
    ]) {
      const answer = await http.send('POST', `/v2/${path}`);
      expect(answer).toMatchObject({ ...refusal, headers: { 'retry-after': '60' } });
      expect(String(answer.body)).toContain('LADING_OPEN_UPLOADS');
    }
    expect((await http.send('POST', '/v2/limits/other/blobs/uploads/')).status).toBe(202);
    expect((await http.send('DELETE', first)).status).toBe(204);
    await openUpload(http, 'limits/open/c');
  });

  // Clients that read a 429 without a time ask again at once, and those that push a layer begin it anew.
  it('RL-01, RL-02, regression containerd/containerd#10447, docker/build-push-action#1194: is told when to come again, and goes on with what it has begun', async () => {
    const [at, name] = ['/v2/limits/storm', 'limits/storm'];
    const [digest, body] = [digestOf('storm'), await imageOf(http, name, 'storm')];
    const begun = await openUpload(http, name);
    for (let open = 1; open < OPEN; open++) await openUpload(http, `${name}/${open}`);
    const later = await http.send('POST', `${at}/blobs/uploads/`);
    expect([later.status, later.codes]).toEqual([429, ['TOOMANYREQUESTS']]);
    expect(later.headers['retry-after']).toMatch(/^[1-9]\d*$/);

    for (const [status, method, path, sent] of [
      [202, 'PATCH', begun, 'st'],
      [204, 'GET', begun, undefined],
      [201, 'POST', `${at}/1/blobs/uploads/?mount=${digest}&from=${name}`, undefined],
      [201, 'PUT', `${at}/manifests/v1`, body],
      [200, 'GET', `${at}/manifests/v1`, undefined],
      [201, 'PUT', `${begun}?digest=${digest}`, 'orm'],
      [202, 'POST', `${at}/blobs/uploads/`, undefined],
    ] as const) {
      const headers = method === 'PUT' && path.includes('/manifests/') ? { 'content-type': OCI_MANIFEST } : {};
      const answer = await http.send(method, path, { headers, body: sent });
      expect([method, path, answer.status]).toEqual([method, path, status]);
    }
  });
});

describe('with LADING_MANIFEST_LIMIT=1KiB', () => {
  const { http: small } = useRegistry({ LADING_MANIFEST_LIMIT: '1KiB' });

  it('limit manifest-size: is what the setting says', async () => {
    const sized = (bytes: number) =>
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }).padEnd(bytes));
    expect((await putManifest(small, NAME, 'v1', sized(1024), OCI_INDEX)).status).toBe(201);
    expect(await putManifest(small, NAME, 'v1', sized(1025), OCI_INDEX)).toMatchObject(limit('manifest-size').refusal);
  });
});
