import { digestOf, NOWHERE, openUpload, pushImage } from './support/content.js';
import { Http } from './support/http.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http, closing } = useRegistry();
const anonymous = closing(new Http(registry));

describe('HTTP-04, AUTH-02: characters that have no place in a header', () => {
  it.each(['a%22b/c', 'a%0Ab/c', 'a%0D%0Ax:y/c', 'a%E2%82%AC/c', 'a%00/c', 'a%5Cb/c'])(
    'in the name %s are answered, to anybody, with a well-formed challenge',
    async (name) => {
      for (const [method, path] of [
        ['GET', 'tags/list'],
        ['GET', 'manifests/v1'],
        ['POST', 'blobs/uploads/'],
        ['PATCH', 'blobs/uploads/x'],
      ] as const) {
        expect((await anonymous.send(method, `/v2/${name}/${path}`)).status).toBe(401);
        const known = await http.send(method, `/v2/${name}/${path}`);
        expect([known.status, known.codes]).toEqual([400, ['NAME_INVALID']]);
      }
    },
  );

  it.each(['a%22b/c', 'a%0Ab/c', 'a%E2%82%AC/c'])('in the source %s of a mount are answered too', async (from) => {
    const path = `/v2/a/b/blobs/uploads/?mount=sha256:${'0'.repeat(64)}&from=${from}`;
    expect((await anonymous.send('POST', path)).status).toBe(401);
    expect((await http.send('POST', path)).status).toBe(202);
  });
});

const WORDS = ['blobs', 'manifests', 'tags', 'uploads', 'referrers', 'list'];

describe('HTTP-01, HTTP-02, NAME-01: a name', () => {
  it.each([
    'a/b',
    'a/b/c/d',
    '0/1',
    'a__b/c--d',
    'a.b-c_d/e---f',
    ...WORDS.flatMap((word) => [`${word}/b`, `a/${word}/c`, `a/${word}`]),
    'a/blobs/uploads',
    'a/manifests/tags/list',
    'x/tags/list/y',
  ])('%s is pushed, pulled, listed and uploaded to', async (name) => {
    const digest = await pushImage(http, name, 'v1');
    expect((await http.send('GET', `/v2/${name}/manifests/v1`)).headers['docker-content-digest']).toBe(digest);
    expect(String((await http.send('GET', `/v2/${name}/tags/list`)).body)).toBe(`{"name":"${name}","tags":["v1"]}`);
    expect((await http.send('GET', await openUpload(http, name))).status).toBe(204);
    expect((await http.send('GET', `/v2/${name}/referrers/${digest}`)).status).toBe(200);
  });

  it.each([
    'A/b',
    'a..b/c',
    'a___b/c',
    '-a/b',
    'a-/b',
    'a/b-',
    'a//b',
    'a/b/',
    '_a/b',
    'a/_b',
    '.a/b',
    'a%2Fb',
    'a/..',
    '../a',
  ])('%s is 400 NAME_INVALID, or nothing at all', async (name) => {
    for (const [method, path] of [
      ['GET', 'manifests/v1'],
      ['PUT', 'manifests/v1'],
      ['POST', 'blobs/uploads/'],
      ['GET', 'tags/list'],
      ['GET', `blobs/${NOWHERE}`],
    ] as const) {
      const answer = await http.send(method, `/v2/${name}/${path}`);
      expect([`400 NAME_INVALID`, '404 NAME_UNKNOWN', '404 BLOB_UNKNOWN']).toContain(
        `${answer.status} ${answer.codes}`,
      );
    }
  });

  it('NAME-02: of more than 255 characters is 400', async () => {
    const long = `a/${'b'.repeat(255)}`;
    expect(await http.send('GET', `/v2/${long}/tags/list`)).toMatchObject({ status: 400, codes: ['NAME_INVALID'] });
    expect(await http.send('POST', `/v2/${long}/blobs/uploads/`)).toMatchObject({
      status: 400,
      codes: ['NAME_INVALID'],
    });
  });

  it('HTTP-04: is never made into another by dots', async () => {
    await pushImage(http, 'dots/app', 'v1');
    for (const path of [
      '/v2/dots/x/../app/manifests/v1',
      '/v2/dots/./app/manifests/v1',
      '/v2/dots/%2e%2e/dots/app/manifests/v1',
    ]) {
      expect([400, 404]).toContain((await http.send('GET', path)).status);
    }
  });
});

describe('the form of a name', () => {
  it.each([
    'library',
    'api/x',
    'token/x',
    'v2/x',
    'metrics/x',
    'jwks/a/b',
    'livez/x',
    'readyz/x',
    'healthz/x',
    'jwt/x',
  ])('%s is no place: reads are 404, writes 403 with the right form, and nobody learns more', async (name) => {
    for (const path of ['manifests/v1', `blobs/${NOWHERE}`, 'tags/list']) {
      expect(await http.send('GET', `/v2/${name}/${path}`)).toMatchObject({ status: 404, codes: ['NAME_UNKNOWN'] });
      expect((await http.send('HEAD', `/v2/${name}/${path}`)).status).toBe(404);
    }
    for (const [method, path] of [
      ['POST', 'blobs/uploads/'],
      ['PUT', 'manifests/v1'],
      ['DELETE', 'manifests/v1'],
      ['DELETE', `blobs/${NOWHERE}`],
    ] as const) {
      const answer = await http.send(method, `/v2/${name}/${path}`);
      expect([method, answer.status, answer.codes]).toEqual([method, 403, ['DENIED']]);
      expect(String(answer.body)).toContain('<group>/<project>');
    }
    expect((await anonymous.send('POST', `/v2/${name}/blobs/uploads/`)).status).toBe(401);
  });

  it('limit name-levels: with too many components is 404 to read and 403 to write', async () => {
    await pushImage(http, 'depth/app/a/b', 'v1');
    expect((await http.send('GET', '/v2/depth/app/a/b/c/manifests/v1')).status).toBe(404);
    const answer = await http.send('POST', '/v2/depth/app/a/b/c/blobs/uploads/');
    expect([answer.status, answer.codes]).toEqual([403, ['DENIED']]);
    expect(String(answer.body)).toContain('depth/app/<name>/<name>');
  });
});

describe('with LADING_NAME_LEVELS=0', () => {
  const { http: deep } = useRegistry({ LADING_NAME_LEVELS: '0' });
  const TWELVE = 'a/b/c/d/e/f/g/h/i/j/k/l';

  it.each([TWELVE, 'a/tags/list/manifests/v1/blobs/uploads/referrers/x/tags/list/y'])(
    'HTTP-01: the twelve components of %s are pushed to, pulled from, listed and deleted from',
    async (name) => {
      const digest = await pushImage(deep, name, 'v1');
      expect((await deep.send('GET', `/v2/${name}/manifests/v1`)).headers['docker-content-digest']).toBe(digest);
      expect(String((await deep.send('GET', `/v2/${name}/tags/list`)).body)).toBe(`{"name":"${name}","tags":["v1"]}`);
      const blob = digestOf(`${name} v1`);
      expect(String((await deep.send('GET', `/v2/${name}/blobs/${blob}`)).body)).toBe(`${name} v1`);
      expect((await deep.send('GET', `/v2/${name}/referrers/${digest}`)).status).toBe(200);
      const upload = await openUpload(deep, name);
      expect(upload.startsWith(`/v2/${name}/blobs/uploads/`)).toBe(true);
      expect((await deep.send('DELETE', upload)).status).toBe(204);
      expect((await deep.send('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202);
    },
  );
});
