import { isRepositoryName } from '@lading/oci';
import fc from 'fast-check';
import { parseV2Path, type V2Path } from './v2-path.js';

const HEX = 'ab'.repeat(32);
const DIGEST = `sha256:${HEX}`;
const WORDS = ['blobs', 'manifests', 'tags', 'uploads', 'referrers', 'list', 'blobs/uploads', 'tags/list', 'v2'];

const routes = (name: string): [string, V2Path][] => [
  [`/v2/${name}/manifests/latest`, { route: 'manifest', name, reference: 'latest' }],
  [`/v2/${name}/manifests/${DIGEST}`, { route: 'manifest', name, reference: DIGEST }],
  [`/v2/${name}/blobs/${DIGEST}`, { route: 'blob', name, digest: DIGEST }],
  [`/v2/${name}/blobs/uploads/`, { route: 'uploads', name }],
  [`/v2/${name}/blobs/uploads`, { route: 'uploads', name }],
  [`/v2/${name}/blobs/uploads/0198-af`, { route: 'upload', name, id: '0198-af' }],
  [`/v2/${name}/tags/list`, { route: 'tags', name }],
  [`/v2/${name}/referrers/${DIGEST}`, { route: 'referrers', name, digest: DIGEST }],
];
const repository = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.stringMatching(/^[a-z0-9]{1,5}$/)), { minLength: 1, maxLength: 12 })
  .map((components) => components.join('/'));

describe('a path', () => {
  it('HTTP-01: has a name of 1, 2, 5 and 12 components', () => {
    for (const count of [1, 2, 5, 12]) {
      const name = Array.from({ length: count }, (_, at) => `c${at}`).join('/');
      for (const [path, expected] of routes(name)) expect(parseV2Path(path)).toEqual(expected);
    }
  });

  it.each(WORDS)('HTTP-02: has a name with %s at its begin, in its middle and at its end', (word) => {
    for (const name of [word, `${word}/b`, `a/${word}/b`, `a/${word}`, `${word}/${word}`]) {
      for (const [path, expected] of routes(name)) expect(parseV2Path(path)).toEqual(expected);
    }
  });

  it('HTTP-02: is read alike for every name', () => {
    fc.assert(
      fc.property(repository, (name) => {
        for (const [path, expected] of routes(name)) expect(parseV2Path(path)).toEqual(expected);
      }),
    );
  });

  it.each([
    ['/v2/a/manifests/uploads', { route: 'manifest', name: 'a', reference: 'uploads' }],
    ['/v2/a/manifests/list', { route: 'manifest', name: 'a', reference: 'list' }],
    ['/v2/a/blobs/uploads/manifests/v1', { route: 'manifest', name: 'a/blobs/uploads', reference: 'v1' }],
    ['/v2/a/blobs/uploads/tags/list', { route: 'tags', name: 'a/blobs/uploads' }],
    ['/v2/a/tags/list/blobs/uploads/', { route: 'uploads', name: 'a/tags/list' }],
    ['/v2/a/blobs/uploads/uploads', { route: 'upload', name: 'a', id: 'uploads' }],
  ])('HTTP-02: %s goes by its last separator', (path, expected) => {
    expect(parseV2Path(path)).toEqual(expected);
  });

  it('HTTP-05: is the base and the catalog', () => {
    expect(['/v2', '/v2/'].map(parseV2Path)).toEqual([{ route: 'base' }, { route: 'base' }]);
    expect(parseV2Path('/v2/_catalog')).toEqual({ route: 'catalog' });
  });

  it('HTTP-03: is decoded before it is matched, and once', () => {
    expect(parseV2Path(`/v2/a/blobs/sha256%3A${HEX}`)).toEqual({ route: 'blob', name: 'a', digest: DIGEST });
    expect(parseV2Path(`/v2/a/%6danifests/sha256%3a${HEX}`)).toMatchObject({ route: 'manifest', reference: DIGEST });
    expect(parseV2Path(`/v2/a/blobs/sha256%253A${HEX}`)).toMatchObject({ digest: `sha256%3A${HEX}` });
    expect(parseV2Path('/v2/%61/manifests/v1')).toMatchObject({ name: 'a' });
  });

  it('HTTP-03: means the same whichever of its characters are escaped', () => {
    const escaped = (char: string) => (char === '/' ? char : `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
    fc.assert(
      fc.property(repository, fc.infiniteStream(fc.boolean()), (name, chosen) => {
        for (const [path, expected] of routes(name)) {
          const text = [...path].map((char) => (chosen.next().value ? escaped(char) : char)).join('');
          expect(parseV2Path(text)).toEqual(expected);
        }
      }),
    );
  });

  it.each([
    ...['a%2fb', 'a%2Fb', 'a/%2F/b', 'a%252Fb', '..%2fa', '%2e%2e%2fa', '..', 'a/..', 'a/../b', '%2e%2e/b', '.'],
    ...['a/', '/a', 'a//b', '%00', 'a%0a', 'a\\b', 'a%5Cb', 'A', '%E2%82%AC', 'a?b', '_a'],
  ])('HTTP-04: with the name %s never reaches a repository', (name) => {
    for (const [path] of routes(name)) {
      const parsed = parseV2Path(path);
      expect('name' in parsed && isRepositoryName(parsed.name)).toBe(false);
    }
  });

  it.each(['', '/', '/v1/_ping', '/v2x', '/v2x/a/tags/list', 'v2/', '/V2/', '//v2/', '/v2//', '/v2/a', '/v2/a/'])(
    'HTTP-07: %j is unknown',
    (path) => {
      expect(parseV2Path(path)).toEqual({ route: 'unknown' });
    },
  );

  it.each([
    ...['manifests/v1', 'blobs/x', 'blobs/uploads', 'blobs/uploads/', 'blobs/uploads/x', 'tags/list', 'referrers/x'],
    ...['/manifests/v1', '/blobs/uploads/', '_catalog/', 'a/_catalog', 'a/manifests/', 'a/manifests', 'a/blobs/'],
    ...['a/tags/', 'a/tags/list/', 'a/tags/lists', 'a/uploads/', 'a/uploads/x', 'a/xblobs/uploads/', 'a/referrers/'],
    ...['a/blobs/uploads//', 'a/blobs/uploads/x/', 'a/manifests/v1/', 'uploads/', 'uploads/x', 'a/_oci/ext/discover'],
    ...['a/manifests/%', 'a/manifests/%4', 'a/manifests/%zz', 'a/manifests/%ff', 'a/%c3/tags/list'],
  ])('HTTP-07: /v2/%s is unknown', (rest) => {
    expect(parseV2Path(`/v2/${rest}`)).toEqual({ route: 'unknown' });
  });

  it('of any text is read without a failure, and names are substrings of it', () => {
    const piece = fc.oneof(fc.constantFrom('/', '/v2/', '%2F', '%', '..', ...WORDS), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const path = `/v2/${pieces.join('')}`;
        const parsed = parseV2Path(path);
        if (!path.includes('%') && 'name' in parsed) expect(path).toContain(`/v2/${parsed.name}/`);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes linear time', () => {
    const from = process.cpuUsage().user;
    for (const part of ['/blobs/uploads', '/', '%2f', '%41', 'a']) parseV2Path(`/v2/${part.repeat(100_000)}/x`);
    expect(process.cpuUsage().user - from).toBeLessThan(500_000);
  });
});
