import { errorsIn } from './support/answer.js';
import { OCI_INDEX, OCI_MANIFEST } from './support/content.js';
import { SPEC_CODES } from './support/error-codes.js';
import { type Exchange, everyAnswer } from './support/every-answer.js';
import { useRegistry } from './support/use-registry.js';

const { registry } = useRegistry();
let all: Exchange[];

beforeAll(async () => {
  all = await everyAnswer(registry);
});

const errors = () => all.filter(({ answer }) => answer.status >= 400);
const withBody = (exchanges: Exchange[]) => exchanges.filter(({ method }) => method !== 'HEAD');
const headerOf = (name: string) =>
  all.flatMap(({ what, answer }) => (name in answer.headers ? [[what, answer.headers[name]!] as const] : []));
/** What of the exchanges does not hold; empty when it holds of each. */
const unless = (exchanges: Exchange[], holds: (answer: Exchange['answer'], exchange: Exchange) => boolean) =>
  exchanges
    .filter((exchange) => !holds(exchange.answer, exchange))
    .map(({ what, answer }) => [what, answer.status, answer.headers]);

it('has the status that it must have, and every status is among them', () => {
  expect(unless(all, ({ status }, { expected }) => status === expected)).toEqual([]);
  const statuses = [200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 413, 414, 416];
  expect([...new Set(all.map(({ answer }) => answer.status))].sort()).toEqual(statuses);
});

it('BASE-06: every answer carries the version of the API', () => {
  expect(unless(all, ({ headers }) => headers['docker-distribution-api-version'] === 'registry/2.0')).toEqual([]);
});

it('HTTP-35: every answer has its date and an id of its own, and cannot be taken for a page', () => {
  const ids = all.map(({ answer }) => answer.headers['x-request-id']);
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(all.length);
  expect(unless(all, ({ headers }) => Number.isFinite(Date.parse(headers.date ?? '')))).toEqual([]);
  expect(unless(all, ({ headers }) => headers['x-content-type-options'] === 'nosniff')).toEqual([]);
  const sandbox = "sandbox; default-src 'none'";
  expect(unless(all, ({ headers }) => headers['content-security-policy'] === sandbox)).toEqual([]);
  expect(headerOf('set-cookie')).toEqual([]);
});

describe('HTTP-12: the length', () => {
  it('is said by every answer that can have a body, and is that of the body', () => {
    const whole = all.filter(({ answer }) => ![204, 304].includes(answer.status));
    expect(unless(whole, ({ headers }) => /^\d+$/.test(headers['content-length'] ?? ''))).toEqual([]);
    expect(unless(withBody(whole), ({ headers, body }) => body.length === Number(headers['content-length']))).toEqual(
      [],
    );
    expect(unless(all, ({ headers }) => !('transfer-encoding' in headers))).toEqual([]);
  });

  it('is 0 in each 201 and 202', () => {
    const done = all.filter(({ answer }) => [201, 202].includes(answer.status));
    expect(done.length).toBeGreaterThan(8);
    expect(unless(done, ({ headers, body }) => headers['content-length'] === '0' && body.length === 0)).toEqual([]);
  });

  it('and the body are absent from each 204', () => {
    const none = all.filter(({ answer }) => answer.status === 204);
    expect(none.length).toBeGreaterThan(3);
    expect(
      unless(none, ({ headers, body }) => (headers['content-length'] ?? '0') === '0' && body.length === 0),
    ).toEqual([]);
  });
});

it('HTTP-13 (regression oras-project/oras-go#1176): nothing is compressed, and proxies are told not to', () => {
  expect(unless(all, ({ headers }) => !('content-encoding' in headers) && !('vary' in headers))).toEqual([]);
  const content = all.filter(
    ({ path, answer }) => /\/(blobs|manifests)\/[^/]+$/.test(path) && [200, 206, 304].includes(answer.status),
  );
  expect(content.length).toBeGreaterThan(10);
  expect(unless(content, ({ headers }) => headers['cache-control']?.includes('no-transform') ?? false)).toEqual([]);
});

it('HTTP-15: no type has parameters, and those of manifests and referrers are exactly what they are', () => {
  expect(headerOf('content-type').filter(([, type]) => type.includes(';'))).toEqual([]);
  const ok = all.filter(({ answer }) => answer.status === 200);
  const [manifests, referrers] = [/\/manifests\//, /\/referrers\//].map((route) =>
    ok.filter(({ path }) => route.test(path)),
  );
  expect(new Set(manifests!.map(({ answer }) => answer.headers['content-type']))).toEqual(new Set([OCI_MANIFEST]));
  expect(new Set(referrers!.map(({ answer }) => answer.headers['content-type']))).toEqual(new Set([OCI_INDEX]));
});

it('HTTP-25, D-13: every Location and Link is a path that begins with a slash', () => {
  const locations = headerOf('location');
  expect(locations.length).toBeGreaterThan(12);
  expect(locations.filter(([, value]) => !/^\/v2\/every\/app\/[^/]/.test(value))).toEqual([]);
  const links = headerOf('link');
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter(([, value]) => !/^<\/v2\/[^>]+>; rel="next"$/.test(value))).toEqual([]);
});

it('BASE-07: content is named by its digest in each 200 of a read and each 201 of a write', () => {
  const content = all.filter(
    ({ path, answer }) => /\/(blobs|manifests)\//.test(path) && [200, 201].includes(answer.status),
  );
  expect(new Set(content.map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD', 'PUT', 'POST']));
  expect(
    unless(content, ({ headers }) => /^sha256:[a-f0-9]{64}$/.test(headers['docker-content-digest'] ?? '')),
  ).toEqual([]);
});

it('BASE-09, DEL-10: a digest in an answer is the one that was asked, and a DELETE has none', () => {
  const asked = all.filter(({ path, answer }) => path.includes('sha256:') && 'docker-content-digest' in answer.headers);
  expect(asked.length).toBeGreaterThan(8);
  expect(unless(asked, ({ headers }, { path }) => path.includes(headers['docker-content-digest']!))).toEqual([]);
  const deletes = all.filter(({ method }) => method === 'DELETE');
  expect(deletes.length).toBeGreaterThan(8);
  expect(unless(deletes, ({ headers }) => !('docker-content-digest' in headers))).toEqual([]);
});

it('ERR-01: every error is a list of entries with a code and a message, as JSON', () => {
  expect(errors().length).toBeGreaterThan(50);
  expect(unless(errors(), ({ headers }) => headers['content-type'] === 'application/json')).toEqual([]);
  for (const { answer } of withBody(errors())) {
    for (const entry of errorsIn(answer)) {
      expect(Object.keys(entry).filter((key) => !['code', 'message', 'detail'].includes(key))).toEqual([]);
      expect(entry.message).not.toBe('');
    }
  }
});

it('ERR-02: every part that refuses has that body: routes, access, limits and use cases, for GET and for writes', () => {
  const kinds = new Set(withBody(errors()).map(({ method, answer }) => `${method} ${answer.status}`));
  for (const kind of [
    'GET 400',
    'GET 401',
    'GET 404',
    'GET 405',
    'GET 416',
    'POST 400',
    'POST 401',
    'POST 403',
    'POST 405',
  ])
    expect(kinds).toContain(kind);
  for (const kind of [
    'PUT 400',
    'PUT 401',
    'PUT 404',
    'PUT 413',
    'PUT 414',
    'PATCH 400',
    'PATCH 404',
    'PATCH 416',
    'DELETE 401',
    'DELETE 404',
    'DELETE 405',
  ])
    expect(kinds).toContain(kind);
  expect(unless(withBody(errors()), ({ body }) => body.toString().startsWith('{"errors":[{"code":"'))).toEqual([]);
});

it('ERR-03: the list is never empty, and the body has no other key', () => {
  for (const { what, answer } of withBody(errors())) {
    const body = JSON.parse(String(answer.body)) as { errors: unknown[] };
    expect([what, Object.keys(body), body.errors.length > 0]).toEqual([what, ['errors'], true]);
  }
  expect(
    unless(withBody(all.filter(({ answer }) => answer.status < 400)), ({ body }) => !body.includes('"errors"')),
  ).toEqual([]);
});

/** Each HEAD with the GET of the same request, and both without what differs from answer to answer. */
const pairs = () =>
  all
    .filter(({ method }) => method === 'HEAD')
    .map((head) => ({ head, get: all.find((other) => other.what === head.what.replace(': HEAD ', ': GET ')) }));
const steady = (headers: Record<string, string> = {}) => ({ ...headers, date: '', 'x-request-id': '' });

describe('HTTP-06: HEAD has the status and the headers of GET, and no body', () => {
  it.each([
    ['the base', /^\/v2\/?$/, [200, 401]],
    ['the catalog', /^\/v2\/_catalog/, [200, 400, 401]],
    ['tags', /\/tags\/list/, [200, 400, 401, 404]],
    ['manifests', /\/manifests\/[^/]+$/, [200, 304, 400, 401, 404]],
    ['blobs', /\/blobs\/[^/]+$/, [200, 304, 400, 401, 404]],
    ['the status of an upload', /\/blobs\/uploads\/[^/]+$/, [204, 401, 404]],
    ['referrers', /\/referrers\//, [200, 400, 401]],
    ['no route at all', /^\/v2\/(a|_oci\/.*)$/, [404]],
  ])('of %s', (_, route, statuses) => {
    const ofRoute = pairs().filter(({ head }) => route.test(head.path));
    for (const { head, get } of ofRoute) {
      const { status, headers, body } = head.answer;
      expect([head.what, status, steady(headers)]).toEqual([
        head.what,
        get?.answer.status,
        steady(get?.answer.headers),
      ]);
      expect([head.what, body.length]).toEqual([head.what, 0]);
    }
    expect([...new Set(ofRoute.map(({ head }) => head.answer.status))].sort()).toEqual(statuses);
  });
});

it('ERR-04: the error of a HEAD has the status and headers of the GET, and no body', () => {
  const heads = pairs().filter(({ head }) => head.answer.status >= 400);
  expect(heads.length).toBeGreaterThan(15);
  for (const { head, get } of heads) {
    const { status, headers, body } = head.answer;
    expect([head.what, status, body.length]).toEqual([head.what, get?.answer.status, 0]);
    expect([head.what, steady(headers)]).toEqual([head.what, steady(get?.answer.headers)]);
  }
});

it('ERR-06: what the client got wrong for good is told by no code that clients take for a passing fault', () => {
  const codes = (wanted: (exchange: Exchange) => boolean) =>
    new Set(
      errors()
        .filter(wanted)
        .flatMap(({ answer }) => answer.codes),
    );
  for (const code of ['UNKNOWN', 'UNAVAILABLE', 'TOOMANYREQUESTS']) expect(codes(() => true)).not.toContain(code);
  // Sent again, an upload's request may fit: where it stands is told with it.
  expect(codes(({ answer, path }) => answer.status !== 416 && !path.includes('/uploads/'))).not.toContain(
    'BLOB_UPLOAD_INVALID',
  );
});

it('ERR-12, D-19: every 4xx has codes of the specification and no others', () => {
  const used = new Set(errors().flatMap(({ answer }) => answer.codes));
  expect([...used].filter((code) => !SPEC_CODES.includes(code))).toEqual([]);
  expect(used.size).toBe(SPEC_CODES.length - 1); // All but that of the rate limit.
});

it('BLOB-14, BLOB-15, D-14 (regression moby/moby#50065): nothing is redirected, HEAD no more than GET', () => {
  const redirects = all.filter(({ answer }) => answer.status >= 300 && answer.status < 400 && answer.status !== 304);
  expect(redirects.map(({ what }) => what)).toEqual([]);
  for (const route of ['blobs/sha256:', 'manifests/', 'tags/list', 'referrers/', 'blobs/uploads/']) {
    const methods = new Set(
      all
        .filter(({ path, answer }) => path.includes(`/every/app/${route}`) && answer.status < 300)
        .map(({ method }) => method),
    );
    expect([route, methods.has('GET') && methods.has('HEAD')]).toEqual([route, true]);
  }
});
