import { digestOf, imageOf, openUpload, pushImage, putManifest } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

const TAGS = [
  '1',
  'B',
  'Z',
  '_',
  'a',
  'a-1',
  'a.1',
  'a_1',
  'b',
  `sha256-${'0'.repeat(64)}`,
  `sha256-${'0'.repeat(64)}.sig`,
];
const SORTED = [...TAGS].sort((a, b) => (a < b ? -1 : 1));

const { http } = useRegistry();

beforeAll(async () => {
  const body = await imageOf(http, 'lists/app', 'lists');
  for (const tag of [...TAGS].reverse()) await putManifest(http, 'lists/app', tag, body);
});

const list = async (query = '', repository = 'lists/app', headers = {}) => {
  const answer = await http.send('GET', `/v2/${repository}/tags/list${query}`, { headers });
  return { ...answer, json: JSON.parse(String(answer.body)) as { name: string; tags: string[] } };
};

describe('the tags of a repository', () => {
  it('TAG-01, TAG-02, TAG-07, TAG-12: come all at once, in byte order, without n', async () => {
    const { status, headers, json } = await list();
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(json).toEqual({ name: 'lists/app', tags: SORTED });
    expect(headers).not.toHaveProperty('link');
  });

  it('TAG-04, TAG-05, TAG-06: come in pages, each with a Link if and only if there are more', async () => {
    for (const n of [1, 2, 3, SORTED.length - 1, SORTED.length, 1000]) {
      const seen: string[][] = [];
      let next: string | undefined = `/v2/lists/app/tags/list?n=${n}`;
      while (next) {
        const answer = await http.send('GET', next);
        seen.push((JSON.parse(String(answer.body)) as { tags: string[] }).tags);
        const { link } = answer.headers;
        if (link) expect(link).toMatch(/^<\/v2\/lists\/app\/tags\/list\?[^>]+>; rel="next"$/);
        next = link?.slice(1, link.indexOf('>'));
      }
      expect(seen.flat()).toEqual(SORTED);
      expect(seen).toHaveLength(Math.ceil(SORTED.length / n));
    }
  });

  it('TAG-04: with n=0 are none, and no Link', async () => {
    const { json, headers } = await list('?n=0');
    expect(json.tags).toEqual([]);
    expect(headers).not.toHaveProperty('link');
  });

  it('TAG-03: go on after last, be it a tag or not', async () => {
    expect((await list('?last=a')).json.tags).toEqual(SORTED.filter((tag) => tag > 'a'));
    expect((await list('?last=a-0&n=2')).json.tags).toEqual(['a-1', 'a.1']);
    expect((await list('?last=zzz')).json.tags).toEqual([]);
    expect((await list(`?last=${SORTED.at(-1)}`)).headers).not.toHaveProperty('link');
  });

  it.each(['%00', 'a%00b', '%ff', '%E2%82%AC', "'", '%F0%9F%98%80', '%ED%A0%80', 'x'.repeat(500)])(
    'TAG-03: go on after a last of any characters, such as %s',
    async (last) => {
      expect((await list(`?last=${last}`)).status).toBe(200);
      expect((await http.send('GET', `/v2/_catalog?last=${last}`)).status).toBe(200);
    },
  );

  it.each(['-1', 'x', '1.5', '', '1e3', '%20'])('TAG-09: with n=%s are 400', async (n) => {
    for (const path of ['/v2/lists/app/tags/list', '/v2/_catalog']) {
      const answer = await http.send('GET', `${path}?n=${n}`);
      expect([answer.status, answer.codes]).toEqual([400, ['UNSUPPORTED']]);
    }
  });

  it('TAG-08: with an n above the most are a page of the most', async () => {
    expect((await list('?n=999999999')).json.tags).toEqual(SORTED);
  });

  it('TAG-10, NAME-14: of a repository without a manifest are 404, and of one whose tags are gone are none', async () => {
    const unknown = await list('', 'lists/none');
    expect([unknown.status, unknown.codes]).toEqual([404, ['NAME_UNKNOWN']]);
    await openUpload(http, 'lists/started');
    expect((await list('', 'lists/started')).status).toBe(404);
    await pushImage(http, 'lists/emptied', 'v1');
    await http.send('DELETE', '/v2/lists/emptied/manifests/v1');
    expect((await list('', 'lists/emptied')).json).toEqual({ name: 'lists/emptied', tags: [] });
  });

  it('TAG-11: are not made by a push by digest', async () => {
    const body = await imageOf(http, 'lists/untagged', 'untagged');
    await putManifest(http, 'lists/untagged', digestOf(body), body);
    expect((await list('', 'lists/untagged')).json.tags).toEqual([]);
  });

  it('TAG-13, HTTP-06: are JSON whatever Accept says, and HEAD has the same headers', async () => {
    const { status, headers } = await list('', 'lists/app', { accept: 'text/html' });
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    const head = await http.send('HEAD', '/v2/lists/app/tags/list?n=2');
    expect([head.status, head.headers.link !== undefined]).toEqual([200, true]);
    expect((await http.send('HEAD', '/v2/lists/app/tags/list')).headers['content-length']).toBe(
      headers['content-length'],
    );
  });
});

describe('the catalog', () => {
  const catalog = async (query = '') => {
    const answer = await http.send('GET', `/v2/_catalog${query}`);
    return { ...answer, names: (JSON.parse(String(answer.body)) as { repositories: string[] }).repositories };
  };

  it('CAT-01, CAT-02: lists repositories with manifests in byte order, page by page', async () => {
    for (const name of ['cat/b', 'cat/a', 'cat/a-b', 'cat/a/b', 'dog/a']) await pushImage(http, name, 'v1');
    await openUpload(http, 'cat/started');
    const expected = ['cat/a', 'cat/a-b', 'cat/a/b', 'cat/b', 'dog/a'];
    const all = (await catalog()).names;
    expect(all).toEqual([...all].sort((a, b) => (a < b ? -1 : 1)));
    expect(all).toEqual(expect.arrayContaining(expected));
    expect(all).not.toContain('cat/started');
    const page = await catalog('?n=2&last=cat');
    expect(page.names).toEqual(['cat/a', 'cat/a-b']);
    expect(page.headers.link).toBe('</v2/_catalog?n=2&last=cat%2Fa-b>; rel="next"');
    expect((await catalog('?n=2&last=cat%2Fa-b')).names).toEqual(['cat/a/b', 'cat/b']);
    expect((await catalog('?n=0')).names).toEqual([]);
    expect((await catalog('?n=100000')).names).toEqual(all);
    expect((await catalog('?n=100000')).headers).not.toHaveProperty('link');
  });
});

describe('an empty registry', () => {
  const { http: empty } = useRegistry();

  it('CAT-05: has no repositories', async () => {
    const answer = await empty.send('GET', '/v2/_catalog');
    if (!process.env.LADING_TEST_URL) expect(String(answer.body)).toBe('{"repositories":[]}');
  });
});
