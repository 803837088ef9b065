import { digestOf, imageOf, pushImage, putManifest } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

const { http } = useRegistry();
let count = 0;
let name = '';

beforeEach(() => {
  name = `tagged/app${++count}`;
});

const get = (reference: string) => http.send('GET', `/v2/${name}/manifests/${reference}`);
const listed = async () => {
  const answer = await http.send('GET', `/v2/${name}/tags/list`);
  return answer.status === 200 ? (JSON.parse(String(answer.body)).tags as string[]) : answer.codes;
};
const numbered = (length: number) => Array.from({ length }, (_, n) => `t${String(n).padStart(3, '0')}`);
const query = (tags: readonly string[]) => tags.map((tag) => `tag=${tag}`).join('&');

describe('MAN-20: a push by digest with tags in its query', () => {
  it.each([
    [1, 'sha256'],
    [10, 'sha256'],
    [10, 'sha512'],
    [50, 'sha512'],
  ] as const)('MAN-19: sets %i of them to the %s of its URL, and lists each in OCI-Tag', async (length, algorithm) => {
    const body = await imageOf(http, name, 'many tags');
    const digest = digestOf(body, algorithm);
    const tags = numbered(length);
    const answer = await putManifest(http, name, `${digest}?${query(tags)}`, body);
    expect([answer.status, answer.headers['docker-content-digest']]).toEqual([201, digest]);
    expect(answer.headers['oci-tag']?.split(/, */)).toEqual(tags);
    expect(await listed()).toEqual(tags);
    for (const tag of tags) expect((await get(tag)).headers['docker-content-digest']).toBe(digest);
  });

  it('takes 50 of the longest', async () => {
    const body = await imageOf(http, name, 'long tags');
    const tags = numbered(50).map((tag) => tag + 'x'.repeat(124));
    expect((await putManifest(http, name, `${digestOf(body)}?${query(tags)}`, body)).status).toBe(201);
    expect(await listed()).toEqual(tags);
  });

  it('is 414 with more, and sets none and stores nothing', async () => {
    const body = await imageOf(http, name, 'too many tags');
    for (const length of [51, 400]) {
      const answer = await putManifest(http, name, `${digestOf(body)}?${query(numbered(length))}`, body);
      expect([answer.status, answer.codes]).toEqual([414, ['UNSUPPORTED']]);
    }
    expect(await listed()).toEqual(['NAME_UNKNOWN']);
    expect((await get(digestOf(body))).status).toBe(404);
  });

  it.each(['.bad', '', '-a', 'a%2Fb', 'a%00', 'a+b', 'x'.repeat(129), 'sha256%3Aab'])(
    'is 400 with a tag that is none (%j), and sets none and stores nothing',
    async (bad) => {
      const moved = await pushImage(http, name, 'kept');
      const body = await imageOf(http, name, 'bad tag');
      for (const tags of [
        ['kept', 'new', bad],
        [bad, 'kept'],
      ]) {
        const answer = await putManifest(http, name, `${digestOf(body)}?${query(tags)}`, body);
        expect([answer.status, answer.codes]).toEqual([400, ['MANIFEST_INVALID']]);
      }
      expect(await listed()).toEqual(['kept']);
      expect((await get('kept')).headers['docker-content-digest']).toBe(moved);
      expect((await get(digestOf(body))).status).toBe(404);
    },
  );

  it('sets none where the manifest is refused', async () => {
    const body = await imageOf(http, name, 'refused');
    const layers = [{ mediaType: 'a/b', digest: digestOf('missing'), size: 7 }];
    const incomplete = await imageOf(http, name, 'incomplete', { layers });
    const other = digestOf('another');
    expect((await putManifest(http, name, `${other}?tag=a`, body)).codes).toEqual(['DIGEST_INVALID']);
    const answer = await putManifest(http, name, `${digestOf(incomplete)}?tag=a&tag=b`, incomplete);
    expect(answer.codes).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    expect(await listed()).toEqual(['NAME_UNKNOWN']);
  });

  it('moves tags that are there, and leaves the others', async () => {
    const first = await pushImage(http, name, 'a', 'first');
    await pushImage(http, name, 'b', 'first');
    const body = await imageOf(http, name, 'second');
    expect((await putManifest(http, name, `${digestOf(body)}?tag=b&tag=c`, body)).status).toBe(201);
    const found = await Promise.all(
      ['a', 'b', 'c'].map(async (tag) => (await get(tag)).headers['docker-content-digest']),
    );
    expect(found).toEqual([first, digestOf(body), digestOf(body)]);
  });

  it('takes one tag twice and lists it once, and takes other parameters beside it', async () => {
    const body = await imageOf(http, name, 'twice');
    const answer = await putManifest(http, name, `${digestOf(body)}?tag=a&ns=docker.io&tag=b&tag=a`, body);
    expect(answer.status).toBe(201);
    expect(answer.headers['oci-tag']).toBe('a, b');
    expect(await listed()).toEqual(['a', 'b']);
  });

  it('without a tag has no OCI-Tag', async () => {
    const body = await imageOf(http, name, 'none');
    expect((await putManifest(http, name, digestOf(body), body)).headers).not.toHaveProperty('oci-tag');
    expect(await listed()).toEqual([]);
  });
});

it.each(['tag=other', 'tag=.bad', query(numbered(400))])('MAN-20: a push by tag ignores %.20s', async (ignored) => {
  const body = await imageOf(http, name, 'by tag');
  const answer = await putManifest(http, name, `v1?${ignored}`, body);
  expect(answer.status).toBe(201);
  expect(answer.headers).not.toHaveProperty('oci-tag');
  expect(await listed()).toEqual(['v1']);
});
