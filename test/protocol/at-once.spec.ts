import { AtOnce, type Round } from './support/at-once.js';
import { digestOf, imageOf, OCI_INDEX, OCI_MANIFEST, pushImage, putBlob, putManifest } from './support/content.js';
import { type Descriptor, descriptorOf } from './support/descriptor.js';
import type { Http } from './support/http.js';
import { referrersPage } from './support/referrers.js';
import { useRegistry } from './support/use-registry.js';

const { registry, closing } = useRegistry();
let clients: AtOnce;

beforeAll(async () => {
  clients = closing(new AtOnce(registry, 'once/app'));
});

const manifest = (http: Http, repository: string, reference: string, method = 'GET') =>
  http.send(method, `/v2/${repository}/manifests/${reference}`);
const remove = (round: Round, reference: string) => (http: Http) => manifest(http, round.name, reference, 'DELETE');
const put = (round: Round, reference: string, body: Buffer, type?: string) => (http: Http) =>
  putManifest(http, round.name, reference, body, type);
/** The digest of a tag or manifest that is there and whole; undefined if it is not there. */
const read = async ({ http, name }: Round, reference: string): Promise<string | undefined> => {
  const { status, headers, body } = await manifest(http, name, reference);
  expect([200, 404]).toContain(status);
  if (status === 404) return undefined;
  expect(digestOf(body)).toBe(headers['docker-content-digest']);
  if (reference.includes(':')) expect(digestOf(body)).toBe(reference);
  for (const { digest } of namedIn(body)) {
    expect([digest, (await http.send('HEAD', `/v2/${name}/blobs/${digest}`)).status]).toEqual([digest, 200]);
  }
  return digestOf(body);
};
const namedIn = (body: Buffer): Descriptor[] => {
  const { config, layers = [] } = JSON.parse(String(body)) as { config?: Descriptor; layers?: Descriptor[] };
  return config ? [config, ...layers] : layers;
};
const tagsOf = async ({ http, name }: Round) =>
  JSON.parse(String((await http.send('GET', `/v2/${name}/tags/list`)).body)).tags as string[];
const images = ({ http, name }: Round, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => imageOf(http, name, `image ${n}`)));
const indexOf = (...manifests: object[]) =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));

describe('of one manifest', () => {
  it('MAN-39, MAN-43, ERR-09: pushes by tag and by digest are all 201', () =>
    clients.inRounds(async (round) => {
      const [body] = (await images(round, 1)) as [Buffer];
      const acts = times(8, (n) => put(round, n % 2 ? digestOf(body) : `v${n % 4}`, body));
      expect(await round.statuses(...acts)).toEqual(acts.map(() => 201));
      for (const reference of ['v0', 'v2', digestOf(body)]) expect(await read(round, reference)).toBe(digestOf(body));
      expect(await tagsOf(round)).toEqual(['v0', 'v2']);
    }));

  it('DEL-02: a delete, and pulls by tag and by digest: each pull is whole or 404, and the next is 404', () =>
    clients.inRounds(async (round) => {
      const digest = await pushImage(round.http, round.name, 'v1');
      await pushImage(round.http, round.name, 'v2', `${round.name} v1`);
      const pulls = times(6, (n) => (http: Http) => manifest(http, round.name, ['v1', digest, 'v2'][n % 3]!));
      const [removed, ...pulled] = await round.atOnce(remove(round, digest), ...pulls);
      expect(removed!.status).toBe(202);
      for (const { status, body } of pulled) {
        expect([200, 404]).toContain(status);
        if (status === 200) expect(digestOf(body)).toBe(digest);
      }
      for (const reference of ['v1', 'v2', digest]) expect(await read(round, reference)).toBeUndefined();
      expect(await tagsOf(round)).toEqual([]);
    }));

  it('DEL-02, MAN-14: a delete and pushes of it by tag: all are answered as if alone, and tag and manifest agree', () =>
    clients.inRounds(async (round) => {
      const [body] = (await images(round, 1)) as [Buffer];
      await put(round, 'old', body)(round.http);
      const acts = times(3, (n) => put(round, `v${n}`, body));
      const [removed, ...pushed] = await round.statuses(remove(round, digestOf(body)), ...acts);
      expect([removed, ...pushed]).toEqual([202, 201, 201, 201]);
      const left = await read(round, digestOf(body));
      for (const tag of await tagsOf(round)) expect(await read(round, tag)).toBe(left);
      expect(await read(round, 'old')).toBeUndefined();
      await put(round, 'again', body)(round.http);
      expect(await read(round, 'again')).toBe(digestOf(body));
    }, 2));

  it('DEL-02: several deletes: one is 202, the others are 404', () =>
    clients.inRounds(async (round) => {
      const digest = await pushImage(round.http, round.name, 'v1');
      const statuses = await round.statuses(...times(5, () => remove(round, digest)));
      expect(statuses.sort()).toEqual([202, 404, 404, 404, 404]);
    }));

  it('DEL-08, MAN-31: a delete and a push of an index that names it: one of them is refused', () =>
    clients.inRounds(async (round) => {
      const child = await pushImage(round.http, round.name, 'child');
      const index = indexOf({ mediaType: OCI_MANIFEST, digest: child, size: 1 });
      const [removed, pushed] = await round.statuses(remove(round, child), put(round, 'v1', index, OCI_INDEX));
      expect([`${removed} ${pushed}`]).toEqual([expect.stringMatching(/^(202 400|405 201)$/)]);
      expect(await read(round, child)).toBe(pushed === 201 ? child : undefined);
      expect(await read(round, 'v1')).toBe(pushed === 201 ? digestOf(index) : undefined);
    }, 3));

  it('DEL-08: a delete of an index and of its child: the index goes, and the child goes or is refused', () =>
    clients.inRounds(async (round) => {
      const child = await pushImage(round.http, round.name, 'child');
      const index = indexOf({ mediaType: OCI_MANIFEST, digest: child, size: 1 });
      await put(round, 'v1', index, OCI_INDEX)(round.http);
      const [parent, removed] = await round.statuses(remove(round, digestOf(index)), remove(round, child));
      expect(parent).toBe(202);
      expect([202, 405]).toContain(removed);
      expect(await read(round, 'v1')).toBeUndefined();
      expect(await read(round, child)).toBe(removed === 405 ? child : undefined);
    }, 2));

  it('REF-12, MAN-28: a delete of a subject and pushes of its referrers: nothing is refused, all are listed', () =>
    clients.inRounds(async (round) => {
      const subject = { mediaType: OCI_MANIFEST, digest: await pushImage(round.http, round.name, 'v1'), size: 1 };
      const bodies = await Promise.all(times(3, (n) => imageOf(round.http, round.name, `signature ${n}`, { subject })));
      const acts = bodies.map((body) => put(round, digestOf(body), body));
      const statuses = await round.statuses(remove(round, subject.digest), ...acts);
      expect(statuses).toEqual([202, 201, 201, 201]);
      const { manifests } = await referrersPage(round.http, round.name, subject.digest);
      const digests = bodies.map((body) => digestOf(body));
      expect(manifests.map(({ digest }) => digest).sort()).toEqual([...digests].sort());
      for (const digest of digests) expect(await read(round, digest)).toBe(digest);
      expect(await read(round, subject.digest)).toBeUndefined();
    }));

  it('REF-12: a subject and its referrers are pushed at once, each by several: all are 201, and each is listed once', () =>
    clients.inRounds(async (round) => {
      const [body] = (await images(round, 1)) as [Buffer];
      const subject = descriptorOf(body, OCI_MANIFEST);
      const signature = await imageOf(round.http, round.name, 'signature', { subject });
      const pairs = [put(round, 'v1', body), put(round, digestOf(signature), signature)];
      expect(await round.statuses(...pairs, ...pairs, ...pairs)).toEqual(times(6, () => 201));
      const { manifests } = await referrersPage(round.http, round.name, subject.digest);
      expect(manifests.map(({ digest }) => digest)).toEqual([digestOf(signature)]);
    }));
});

describe('of one tag', () => {
  it('MAN-45, ERR-09: pushes of different manifests are all 201; one is left, and each is there by digest', () =>
    clients.inRounds(async (round) => {
      const bodies = await images(round, 6);
      const digests = bodies.map((body) => digestOf(body));
      expect(await round.statuses(...bodies.map((body) => put(round, 'v1', body)))).toEqual(bodies.map(() => 201));
      expect(digests).toContain(await read(round, 'v1'));
      for (const digest of digests) expect(await read(round, digest)).toBe(digest);
      const last = round.random.pick(bodies);
      await put(round, 'v1', last)(round.http);
      expect(await read(round, 'v1')).toBe(digestOf(last));
    }));

  it('MAN-45, MAN-11: two write it again and again: no reader ever sees an older one after a newer one', () =>
    clients.inRounds(async (round) => {
      const bodies = await images(round, 16);
      const digests = bodies.map((body) => digestOf(body));
      await put(round, 'v1', bodies[0]!)(round.http);
      let writing = 2;
      // Writer 0 has the even ones, writer 1 the odd ones, each in order.
      const acknowledged = [0, -1];
      const writer = (own: number) => async (http: Http) => {
        for (let n = own; n < bodies.length; n += 2) {
          expect((await put(round, 'v1', bodies[n]!)(http)).status).toBe(201);
          acknowledged[own] = n;
        }
        writing -= 1;
        return [];
      };
      const reader = async (http: Http) => {
        const newest = [0, -1];
        while (writing > 0) {
          const before = [...acknowledged];
          const found = digests.indexOf(
            String((await manifest(http, round.name, 'v1', 'HEAD')).headers['docker-content-digest']),
          );
          const own = found % 2;
          // Neither older than what this reader saw of the same writer, nor than what was acknowledged before it asked.
          expect({ found, isNew: found >= newest[own]! && found >= before[own]! }).toEqual({ found, isNew: true });
          newest[own] = found;
        }
        return [];
      };
      await round.atOnce(writer(0), writer(1), reader, reader);
      expect(digests.slice(-2)).toContain(await read(round, 'v1'));
    }, 0.5));

  it('DEL-01, MAN-45: a delete and a push of another manifest: both are answered as if alone, and both manifests are there', () =>
    clients.inRounds(async (round) => {
      const [older, newer] = (await images(round, 2)) as [Buffer, Buffer];
      await put(round, 'v1', older)(round.http);
      const statuses = await round.statuses(remove(round, 'v1'), put(round, 'v1', newer));
      expect(statuses).toEqual([202, 201]);
      const left = await read(round, 'v1');
      expect([digestOf(newer), undefined]).toContain(left);
      expect(await tagsOf(round)).toEqual(left ? ['v1'] : []);
      for (const body of [older, newer]) expect(await read(round, digestOf(body))).toBe(digestOf(body));
    }, 2));

  it('DEL-01, DEL-02: a delete of it, a delete of its manifest and a push to it leave tag and manifest in step', () =>
    clients.inRounds(async (round) => {
      const [older, newer] = (await images(round, 2)) as [Buffer, Buffer];
      await put(round, 'v1', older)(round.http);
      const [untagged, removed, pushed] = await round.statuses(
        remove(round, 'v1'),
        remove(round, digestOf(older)),
        put(round, 'v1', newer),
      );
      expect([202, 404]).toContain(untagged);
      expect([removed, pushed]).toEqual([202, 201]);
      expect(await read(round, digestOf(older))).toBeUndefined();
      expect(await read(round, digestOf(newer))).toBe(digestOf(newer));
      expect([digestOf(newer), undefined]).toContain(await read(round, 'v1'));
    }, 2));

  it('MAN-20: pushes that set several tags each: every tag names one of them, and none is half set', () =>
    clients.inRounds(async (round) => {
      const bodies = await images(round, 4);
      const tags = times(8, (n) => `t${n}`);
      const acts = bodies.map((body, n) => {
        const own = n % 2 ? tags : [...tags].reverse();
        return put(round, `${digestOf(body)}?${own.map((tag) => `tag=${tag}`).join('&')}`, body);
      });
      expect(await round.statuses(...acts)).toEqual(bodies.map(() => 201));
      const named = new Set(await Promise.all(tags.map((tag) => read(round, tag))));
      expect(named.size).toBe(1);
      expect(bodies.map((body) => digestOf(body))).toContain([...named][0]);
    }));
});

describe('first pushes', () => {
  const push = (repository: string, words: string) => async (http: Http) => {
    const digest = await pushImage(http, repository, `v${words}`, words);
    return { repository, tag: `v${words}`, digest };
  };

  it.each([
    ['one repository', (_n: number, place: string) => `${place}/app/one`],
    ['repositories of one new project', (n: number, place: string) => `${place}/app/r${n}`],
    ['projects of one new group', (n: number, place: string) => `${place}/p${n}/r`],
  ])('NAME-14, ERR-09, T9: of twenty into %s at once are all 201, and all are there', async (_, repositoryOf) => {
    await clients.inRounds(async (round) => {
      const place = `first-${round.name.replaceAll('/', '-')}`;
      const pushed = await round.atOnce(...times(20, (n) => push(repositoryOf(n, place), String(n))));
      const { http } = round;
      for (const { repository, tag, digest } of pushed) {
        expect((await manifest(http, repository, tag)).headers['docker-content-digest']).toBe(digest);
      }
      const repositories = [...new Set(pushed.map(({ repository }) => repository))].sort();
      const catalog = await http.send('GET', `/v2/_catalog?n=1000&last=${place}`);
      expect(JSON.parse(String(catalog.body)).repositories).toEqual(expect.arrayContaining(repositories));
    }, 0.5);
  });

  it('NAME-14: of blobs, by uploads and mounts, into one new project are all 201', () =>
    clients.inRounds(async (round) => {
      const place = `first-${round.name.replaceAll('/', '-')}`;
      const digest = await putBlob(round.http, round.name, 'to mount');
      const acts = times(20, (n) => (http: Http) => {
        const path = `/v2/${place}/app/r${n % 4}/blobs/uploads/`;
        if (n % 2) return http.send('POST', `${path}?mount=${digest}&from=${round.name}`);
        return http.send('POST', `${path}?digest=${digestOf(`blob ${n}`)}`, { body: `blob ${n}` });
      });
      expect(await round.statuses(...acts)).toEqual(acts.map(() => 201));
    }, 0.5));
});
