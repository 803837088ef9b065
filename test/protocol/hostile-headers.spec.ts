import { assertRefusal } from './support/answer.js';
import { digestOf, OCI_INDEX, OCI_MANIFEST, openUpload, pushImage } from './support/content.js';
import { answersIn, head, Raw } from './support/raw.js';
import { useUnharmed } from './support/unharmed.js';

const { registry, http } = useUnharmed();
let admin: string;

beforeAll(async () => {
  admin = `Authorization: ${http.authorization}`;
  await pushImage(http, 'hostile/app', 'v1');
});

const one = async (bytes: string) => {
  const raw = Raw.open(registry, bytes);
  const [answer] = await raw.answered(1);
  raw.cut();
  return answer!;
};
const alone = async (bytes: string) => {
  const { answers, rest } = answersIn(await Raw.open(registry, bytes).ended());
  expect([answers.length, rest]).toEqual([1, '']);
  assertRefusal(answers[0]!);
  return answers[0]!.status;
};
const index = JSON.stringify({ schemaVersion: 2, manifests: [] });

describe('a header that may stand once', () => {
  const put = (...lines: string[]) =>
    head('PUT', '/v2/hostile/app/manifests/twice', admin, `Content-Length: ${index.length}`, ...lines) + index;

  it.each([
    ['Host', () => put('Host: evil.test')],
    ['Host, both the same', () => put('Host: registry.test')],
    ['Authorization', () => put('Authorization: Bearer x')],
    [
      'Authorization, before the good one',
      () => `GET /v2/ HTTP/1.1\r\nAuthorization: Bearer x\r\nHost: x\r\n${admin}\r\n\r\n`,
    ],
    ['Content-Type', () => put(`Content-Type: ${OCI_INDEX}`, `Content-Type: ${OCI_MANIFEST}`)],
    ['Content-Type, in another case', () => put(`content-type: ${OCI_INDEX}`, `CONTENT-TYPE: ${OCI_INDEX}`)],
    ['Content-Range', () => put('Content-Range: 0-1', 'Content-Range: 0-1')],
  ])('MAN-24, AUTH-10: and stands twice is 400, and nothing is stored: %s', async (_, bytes) => {
    expect(await alone(bytes())).toBe(400);
    expect((await http.send('HEAD', '/v2/hostile/app/manifests/twice')).status).toBe(404);
  });

  it('is taken once', async () => {
    expect((await one(put(`Content-Type: ${OCI_INDEX}`))).status).toBe(201);
    expect((await http.send('DELETE', '/v2/hostile/app/manifests/twice')).status).toBe(202);
  });
});

describe('headers that nothing is made of', () => {
  it('of a digest, however often, do not count', async () => {
    const at = await openUpload(http, 'hostile/app');
    const lines = [
      'Digest: sha-256=x',
      'Digest: sha-512=y',
      'Content-MD5: z',
      'Docker-Content-Digest: sha256:1',
      'Repr-Digest: a',
    ];
    const answer = await one(
      `${head('PUT', `${at}?digest=${digestOf('body')}`, admin, 'Content-Length: 4', ...lines)}body`,
    );
    expect([answer.status, answer.headers['docker-content-digest']]).toEqual([201, digestOf('body')]);
  });

  it('of a method, an address or a size do not count', async () => {
    const lines = [
      'X-HTTP-Method-Override: DELETE',
      'X-Original-URL: /v2/',
      'X-Rewrite-URL: /v2/',
      'X-Http-Method: DELETE',
    ];
    const answer = await one(head('GET', '/v2/hostile/app/tags/list', admin, ...lines));
    expect(String(answer.body)).toContain('"v1"');
    expect((await http.send('GET', '/v2/hostile/app/manifests/v1')).status).toBe(200);
  });

  it('HTTP-34: of ranges without end are one answer with the whole blob', async () => {
    const digest = digestOf('hostile/app v1');
    const ranges = `bytes=${Array.from({ length: 5000 }, (_, n) => `${n}-${n}`).join(',')}`;
    const answer = await one(head('GET', `/v2/hostile/app/blobs/${digest}`, admin, `Range: ${ranges}`));
    expect([answer.status, String(answer.body)]).toEqual([200, 'hostile/app v1']);
    for (const range of ['bytes=0-1', 'bytes=2-3'].map((text) => [`Range: ${text}`, 'Range: bytes=4-5']))
      expect((await one(head('GET', `/v2/hostile/app/blobs/${digest}`, admin, ...range))).status).toBe(200);
  });

  it('of 7000 entries each in Accept and If-None-Match are read, to the last', async () => {
    const accept = `Accept: ${'a/b,'.repeat(7000)}`;
    const match = `If-None-Match: ${'"a",'.repeat(7000)}`;
    const answer = await one(head('GET', '/v2/hostile/app/manifests/v1', admin, accept, `${match}"b"`));
    expect(answer.status).toBe(200);
    const { etag } = answer.headers;
    expect((await one(head('GET', '/v2/hostile/app/manifests/v1', admin, accept, match + etag))).status).toBe(304);
  });
});

describe('HTTP-19: what is too large', () => {
  it('is 431: a header of 70 kB, one of 3 MB, and an address of 70 kB', async () => {
    for (const size of [70_000, 3_000_000])
      expect(await alone(head('GET', '/v2/', `X: ${'x'.repeat(size)}`))).toBe(431);
    expect(await alone(head('GET', `/v2/${'a'.repeat(70_000)}`, admin))).toBe(431);
  });

  it('is 431: 257 headers, 3000 and 12,000, whatever stands behind them', async () => {
    for (const count of [256, 3000, 12_000]) {
      const many = Array.from({ length: count }, () => 'a: b');
      expect(await alone(head('GET', '/v2/', ...many, admin))).toBe(431);
    }
    const most = Array.from({ length: 254 }, () => 'a: b');
    expect((await one(head('GET', '/v2/', ...most, admin))).status).toBe(200);
  });

  it('AUTH-10: is 401: a token and a pair longer than any that is given', async () => {
    for (const value of [`Bearer ${'x'.repeat(40_000)}`, `Basic ${'QTpC'.repeat(10_000)}`]) {
      const { status, codes } = await one(head('GET', '/v2/', `Authorization: ${value}`));
      expect([status, codes]).toEqual([401, ['UNAUTHORIZED']]);
    }
  });

  // Of passwords that are checked, a few wrong ones for one account may be under way, and the rest is 429.
  it.each([1025, 20_000])('AUTH-10: is 401 without a check: 400 passwords of %i characters at once', async (length) => {
    for (const path of ['/v2/', '/token']) {
      const statuses = await Promise.all(
        Array.from({ length: 400 }, async (_, n) => {
          const pair = Buffer.from(`${registry.user}:${String(n).padStart(length, 'p')}`).toString('base64');
          return (await http.exchange('GET', path, { headers: { authorization: `Basic ${pair}` } })).status;
        }),
      );
      expect([path, new Set(statuses)]).toEqual([path, new Set([401])]);
    }
  });
});

describe('HTTP-28: a request without a Host', () => {
  it('is 400, or that of a client so old that it sends none', async () => {
    expect(await alone('GET /v2/ HTTP/1.1\r\n\r\n')).toBe(400);
    expect((await one('GET /v2/ HTTP/1.0\r\n\r\n')).status).toBe(401);
    expect((await one('GET /v2/ HTTP/1.1\r\nHost:\r\n\r\n')).status).toBe(401);
  });
});
