import { digestOf, OCI_INDEX, OCI_MANIFEST, putManifest } from './support/content.js';
import { Http } from './support/http.js';
import { limit } from './support/limit.js';
import { askToken, tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http } = useRegistry();

/** An index of nothing: the least that shows a repository. */
const body = (words: string) =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], annotations: { words } }));
const push = async (repository: string, tags: readonly string[]) => {
  const bytes = body(repository);
  const query = tags.map((tag) => `tag=${tag}`).join('&');
  const answer = await putManifest(http, repository, `${digestOf(bytes)}?${query}`, bytes, OCI_INDEX);
  expect(answer.status).toBe(201);
};

/** Every page by its Link. */
async function pages(path: string, field: 'tags' | 'repositories', after?: (page: string[]) => Promise<void>) {
  const found: string[][] = [];
  let next: string | undefined = path;
  while (next) {
    const answer = await http.send('GET', next);
    expect(answer.status).toBe(200);
    const page = (JSON.parse(String(answer.body)) as Record<string, string[]>)[field]!;
    found.push(page);
    const { link } = answer.headers;
    next = link?.slice(1, link.indexOf('>'));
    await after?.(page);
  }
  return found;
}
const inByteOrder = (names: readonly string[]) => [...names].sort((a, b) => (a < b ? -1 : 1));

describe('TAG-14: the versions of a chart', () => {
  // A chart's version may hold a plus sign, which helm writes as an underscore.
  const versions = Array.from({ length: 1_050 }, (_, n) => `${n % 7}.${n}.0${n % 3 ? '' : `-rc.${n}_build.${n}`}`);

  beforeAll(async () => {
    for (let n = 0; n < versions.length; n += 50) await push('charts/app', versions.slice(n, n + 50));
  });

  it.each(['', '?n=1000', '?n=100', '?n=10000', '?n=7', '?n=1049', '?n=1050'])(
    'TAG-05, TAG-08: are all there, each once and in order, through the pages of tags/list%s',
    async (query) => {
      const found = await pages(`/v2/charts/app/tags/list${query}`, 'tags');
      expect(found.flat()).toEqual(inByteOrder(versions));
      const size = Math.min(Number(query.slice(3) || 10_000), 10_000);
      expect(found).toHaveLength(Math.ceil(versions.length / size));
    },
  );

  it('TAG-03, TAG-11: are all there while others come and go between the pages', async () => {
    let n = 0;
    const found = await pages('/v2/charts/app/tags/list?n=100', 'tags', async (page) => {
      await push('charts/app', [`0.new${n}`, `9.new${n}`]);
      await http.send('DELETE', `/v2/charts/app/manifests/9.new${n - 1}`);
      // The very tag that the next page begins after.
      if (n === 3) await http.send('DELETE', `/v2/charts/app/manifests/${page.at(-1)}`);
      n += 1;
    });
    const all = found.flat();
    expect(all).toEqual(inByteOrder(all));
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining(versions));
  });
});

describe('the catalog', () => {
  const names = Array.from({ length: 105 }, (_, n) => `catalog/p${n % 9}/r${n}${n % 2 ? '-x' : ''}`);

  beforeAll(async () => {
    for (const name of names) await push(name, ['v1']);
  });

  it('CAT-02, D-09: has pages of 100 without n, each with a Link if and only if there are more', async () => {
    const found = await pages('/v2/_catalog?last=catalog', 'repositories');
    expect(found[0]).toHaveLength(100);
    expect(found.flat()).toEqual(
      inByteOrder(names).concat(found.flat().filter((name) => !name.startsWith('catalog/'))),
    );
    for (const n of [1, 10, 104, 1_000, 1_000_000]) {
      const each = await pages(`/v2/_catalog?n=${n}&last=catalog`, 'repositories');
      expect(each.flat()).toEqual(found.flat());
    }
  });

  it('CAT-01, CAT-03: shows the administrator every repository, with a token of any scope, and nobody none', async () => {
    for (const scopes of [[], ['registry:catalog:*'], ['repository:a/b:pull']]) {
      const client = new Http(registry, `Bearer ${await tokenFor(registry, scopes)}`);
      const answer = await client.send('GET', '/v2/_catalog?n=1000&last=catalog');
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
      const { repositories } = JSON.parse(String(answer.body)) as { repositories: string[] };
      expect(repositories).toEqual(inByteOrder(repositories));
      expect(repositories.filter((name) => name.startsWith('catalog/'))).toEqual(inByteOrder(names));
      client.close();
    }
    const { body: token } = await askToken(registry, ['registry:catalog:*']);
    const nobody = new Http(registry, `Bearer ${token.token}`);
    const refused = await nobody.send('GET', '/v2/_catalog');
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('scope="registry:catalog:*",error="insufficient_scope"'),
    ]);
    nobody.close();
  });

  it('CAT-05: goes on listing a repository whose last manifest was deleted', async () => {
    await push('catalog/emptied', ['v1']);
    await http.send('DELETE', `/v2/catalog/emptied/manifests/${digestOf(body('catalog/emptied'))}`);
    const listed = (await pages('/v2/_catalog?last=catalog', 'repositories')).flat();
    expect(listed).toContain('catalog/emptied');
  });

  it('HTTP-07: takes GET and HEAD, and nothing else', async () => {
    const head = await http.send('HEAD', '/v2/_catalog?n=1');
    expect([head.status, head.headers.link]).toEqual([200, expect.stringContaining('rel="next"')]);
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH']) {
      const answer = await http.send(method, '/v2/_catalog');
      expect([answer.status, answer.codes, answer.headers.allow]).toEqual([405, ['UNSUPPORTED'], 'GET, HEAD']);
    }
  });
});

it.each(['', '?n=1000000'])(
  'TAG-07, TAG-08, D-09, limit tags-page: a page of tags%s holds as many as it may, and a Link to the rest',
  async (query) => {
    const { most } = limit('tags-page');
    const tags = Array.from({ length: most + 3 }, (_, n) => `t${String(n).padStart(6, '0')}`);
    for (let n = 0; n < tags.length; n += 50) await push('charts/many', tags.slice(n, n + 50));
    const found = await pages(`/v2/charts/many/tags/list${query}`, 'tags');
    expect(found.map((page) => page.length)).toEqual([most, 3]);
    expect(found.flat()).toEqual(tags);
  },
);

it('CAT-02, limit catalog-page: a page of the catalog holds as many as it may, and a Link to the rest', async () => {
  const { most } = limit('catalog-page');
  const names = Array.from({ length: most + 3 }, (_, n) => `zz/many/a${String(n).padStart(4, '0')}`);
  for (let n = 0; n < names.length; n += 20) await Promise.all(names.slice(n, n + 20).map((name) => push(name, [])));
  const found = await pages('/v2/_catalog?n=1000000&last=zz', 'repositories');
  expect(found.map((page) => page.length)).toEqual([most, 3]);
  expect(found.flat()).toEqual(names);
});

it('TAG-10: of a repository that has blobs and no manifest there is no list', async () => {
  await http.send('POST', `/v2/charts/blobs/blobs/uploads/?digest=${digestOf('x')}`, { body: 'x' });
  const answer = await http.send('GET', '/v2/charts/blobs/tags/list');
  expect([answer.status, answer.codes]).toEqual([404, ['NAME_UNKNOWN']]);
  expect((await putManifest(http, 'charts/blobs', 'v1', Buffer.from('{'), OCI_MANIFEST)).status).toBe(400);
  expect((await http.send('GET', '/v2/charts/blobs/tags/list')).status).toBe(404);
});
