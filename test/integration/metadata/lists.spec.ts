import type { Scope } from '@lading/proto';
import { again, freshDigest, freshName, image, pushed, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterAll(() => registry.close());

/** Byte order, which is neither that of a language nor that of UTF-16. */
function inByteOrder(names: readonly string[]): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Follows a list to its end. */
async function walk(page: (after: string) => Promise<{ names: string[]; more: boolean }>): Promise<string[][]> {
  const pages: string[][] = [];
  for (let after = '', more = true; more; ) {
    const got = await page(after);
    pages.push(got.names);
    more = got.more;
    after = got.names.at(-1) ?? '';
  }
  return pages;
}

describe('the tags of a repository', () => {
  const NAMES = [
    '_',
    '__',
    '0',
    '00',
    '1.0',
    '1.0.0',
    '1_0',
    '1-0',
    '10',
    'A',
    'a',
    'B',
    'b',
    'aa',
    'a.a',
    'a-a',
    'a_a',
    'Z',
    'z',
    'latest',
  ];
  let scope: Scope;

  beforeAll(async () => {
    const made = await pushed(registry, freshName());
    scope = made.scope;
    await registry.manifests.putManifest(again(made.put, { tags: NAMES }));
  });
  const list = async (after: string, limit: number) => {
    const { tags, more } = await registry.manifests.listTags({ scope, after, limit });
    return { names: tags, more };
  };

  it('come in byte order, whatever the size of a page', async () => {
    for (const limit of [1, 3, NAMES.length - 1, NAMES.length, 10_000]) {
      const pages = await walk((after) => list(after, limit));
      expect(pages.flat()).toEqual(inByteOrder(NAMES));
      expect(pages).toHaveLength(Math.ceil(NAMES.length / limit));
    }
  });

  it('go on after a name that is not there', async () => {
    expect(await list('1', 2)).toEqual({ names: ['1-0', '1.0'], more: true });
    expect(await list('zz', 2)).toEqual({ names: [], more: false });
  });

  it('are none, and no more, on a page of nothing', async () => {
    expect(await list('', 0)).toEqual({ names: [], more: false });
  });

  it('are 404 for a repository without a manifest, and empty for one that lost its last tag', async () => {
    const bare = freshName();
    await upload(registry, await registry.scope(bare));
    const request = { after: '', limit: 5 };
    const refused = registry.manifests.listTags({ ...request, scope: await registry.scope(bare) });
    await expect(refused).rejects.toMatchObject({ kind: 'nameUnknown' });
    const { scope: empty } = await pushed(registry, freshName());
    expect(await registry.manifests.listTags({ ...request, scope: empty })).toEqual({ tags: [], more: false });
  });
});

describe('the catalog', () => {
  const NAMES = [
    'zoo/a',
    'zoo/a/b',
    'zoo/a-b',
    'zoo/a.b',
    'zoo/a_b',
    'zoo/a0',
    'zoo/aa',
    'zoo-z/a',
    'zoo.z/a',
    'zoo0/a',
  ];

  it('lists repositories with a manifest in byte order of their names, whatever the size of a page', async () => {
    for (const name of NAMES) await pushed(registry, name);
    await upload(registry, await registry.scope('zoo/bare'));
    const [gone] = ['zoo/gone'];
    await pushed(registry, gone!);
    await registry.rows('UPDATE registry.repository SET deleted_at = clock_timestamp() WHERE full_path = $1', [gone]);
    for (const limit of [1, 4, 1_000]) {
      const pages = await walk((after) =>
        registry.manifests.listRepositories({ principal: 'account:1', after: after || 'zo', limit }),
      );
      expect(pages.flat()).toEqual(inByteOrder(NAMES));
    }
  });
});

/** Holds every statement that reads a large page of referrers until it is let go, in the order in which they came. */
function holdLargeReads() {
  const releases: (() => void)[] = [];
  const waiting: { count: number; reached: () => void }[] = [];
  const query = registry.pools.read.query.bind(registry.pools.read) as (asked: unknown) => Promise<unknown>;
  const hold = async (asked: { name: string; values: unknown[] }) => {
    if (asked.name === 'list-referrers' && Number(asked.values.at(-1)) > 1024 * 1024) {
      const released = new Promise<void>((resolve) => releases.push(resolve));
      for (const { count, reached } of waiting) if (releases.length >= count) reached();
      await released;
    }
    return query(asked);
  };
  const spy = jest.spyOn(registry.pools.read, 'query').mockImplementation(hold as never);
  return {
    count: () => releases.length,
    release: (n: number) => releases[n]?.(),
    end() {
      spy.mockRestore();
      for (const release of releases) release();
    },
    reach: (count: number) =>
      new Promise<void>((reached) => (releases.length >= count ? reached() : waiting.push({ count, reached }))),
  };
}

describe('referrers', () => {
  it('limit referrers-per-page: come ten thousand to a page, and fewer where annotations or artifact types are large', async () => {
    const { scope, manifestId } = await pushed(registry, freshName());
    const fill = (subject: string, count: number, { note = 1, type = 1 }) =>
      registry.rows(
        `INSERT INTO registry.manifest (repository_id, digest, media_type, size, body, subject, artifact_type, annotations_json,
                                        annotations_size)
         SELECT m.repository_id, '\\x01'::bytea || sha256(convert_to($2::text || n, 'UTF8')), 'application/x', 1, '', $3,
                repeat('"', $6), json_build_object('note', repeat('x', $4)), $4 + 13
         FROM registry.manifest m, generate_series(1, $5) AS n WHERE m.id = $1`,
        [manifestId, subject, stored(subject), note, count, type],
      );
    const page = (subject: string, afterId = 0) =>
      registry.manifests.listReferrers({ scope, subject, artifactTypes: [], afterId });
    const [many, annotated, typed] = [freshDigest(), freshDigest(), freshDigest()];
    await fill(many, 10_001, {});
    const first = await page(many);
    expect([first.referrers.length, first.more]).toEqual([10_000, true]);
    const last = await page(many, first.referrers.at(-1)?.manifest?.manifestId);
    expect([last.referrers.length, last.more]).toEqual([1, false]);
    await fill(annotated, 5, { note: 1024 * 1024 });
    const some = await page(annotated);
    expect([some.referrers.length, some.more]).toEqual([3, true]);
    // A quotation mark is two bytes of JSON, and a long type counts as if it were nothing but escapes.
    await fill(typed, 5, { type: 300_000 });
    const fewer = await page(typed);
    expect([fewer.referrers.length, fewer.more]).toEqual([2, true]);
  });

  it('are listed with annotations, as JSON or as a map, that this version or an older one stored', async () => {
    const { scope, blob, digest: subject } = await pushed(registry, freshName());
    const annotations = { b: '"{,: ', a: 'ä', '': '' };
    const annotationsJson = '{"b":"1","__proto__":"\\u0000\\ud800","a":"2"}';
    const old = image(scope, [blob.digest], { subject });
    const puts = [
      image(scope, [blob.digest], { subject, annotationsJson }),
      old,
      image(scope, [blob.digest], { subject }),
    ];
    for (const put of puts) await registry.manifests.putManifest(put);
    await registry.rows('UPDATE registry.manifest SET annotations = $1, annotations_size = $2 WHERE digest = $3', [
      JSON.stringify(annotations),
      JSON.stringify(annotations).length,
      stored(old.digest),
    ]);
    const request = { scope, subject, artifactTypes: [], afterId: 0 };
    const { referrers } = await registry.manifests.listReferrers({ ...request, annotationsAsJson: true });
    expect(referrers[0]?.annotationsJson).toBe(annotationsJson);
    expect(JSON.parse(referrers[1]?.annotationsJson ?? '')).toEqual(annotations);
    expect(referrers[2]?.annotationsJson).toBeUndefined();
    const { referrers: asMaps } = await registry.manifests.listReferrers(request);
    expect(asMaps.map((each) => each.annotations)).toEqual([JSON.parse(annotationsJson), annotations, {}]);
  });

  it('limit referrers-at-once: are read a few pages at a time where these are large, and small ones beside them', async () => {
    const { scope, blob, digest: subject } = await pushed(registry, freshName());
    const other = freshDigest();
    const annotationsJson = JSON.stringify({ large: 'x'.repeat(100_000) });
    await registry.manifests.putManifest(image(scope, [blob.digest], { subject, annotationsJson }));
    await registry.manifests.putManifest(image(scope, [blob.digest], { subject: other }));
    const list = (of: string) =>
      registry.manifests.listReferrers({ scope, subject: of, artifactTypes: [], afterId: 0 });
    const held = holdLargeReads();
    try {
      const lists = Array.from({ length: 10 }, () => list(subject));
      await held.reach(4);
      for (let n = 0; n < 20; n++) expect((await list(other)).referrers).toHaveLength(1);
      expect(held.count()).toBe(4);
      for (let n = 0; n < 10; n++) {
        await held.reach(n + 1);
        held.release(n);
      }
      for (const { referrers } of await Promise.all(lists)) expect(referrers).toHaveLength(1);
    } finally {
      held.end();
    }
  });
});
