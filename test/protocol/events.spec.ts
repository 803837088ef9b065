import { Api } from './support/api.js';
import { pushImage } from './support/content.js';
import type { FedEvent } from './support/event-stream.js';
import { eventually } from './support/eventually.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http } = useRegistry();
const api = new Api(registry);
const name = 'events/app';

interface Page {
  events: FedEvent[];
  next: string;
}

/** Everything, once an event with this subject is there. */
async function feedWith(subject: string): Promise<Page> {
  return eventually(subject, async () => {
    const page = await api.json<Page>('/events?limit=1000');
    return page.events.some((event) => event.subject === subject) ? page : undefined;
  });
}

beforeAll(async () => {
  await pushImage(http, name, 'first');
});

describe('a page of events', () => {
  it('has what a push did, in its order, as CloudEvents', async () => {
    const { events, next } = await feedWith(`${name}:first`);
    const kinds = events.map(({ type }) => type.replace(/^dev\.lading\.(.*)\.v1$/, '$1'));
    expect(kinds).toEqual(['project.created', 'blob.uploaded', 'blob.uploaded', 'manifest.pushed', 'tag.set']);
    expect(next).toBe(events.at(-1)?.cursor);
    expect(events.at(-1)).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      type: 'dev.lading.tag.set.v1',
      subject: `${name}:first`,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      datacontenttype: 'application/json',
      partitionkey: expect.any(String),
      aggregateversion: 4,
      cursor: next,
      data: expect.objectContaining({ path: name, tag: 'first', principal: 'account:1' }),
    });
  });

  it('has the versions of each repository without a gap', async () => {
    await Promise.all(
      [1, 2, 3].flatMap((n) => [pushImage(http, name, `v${n}`), pushImage(http, 'events/other', `v${n}`)]),
    );
    await feedWith('events/other:v3');
    const { events } = await feedWith(`${name}:v3`);
    const keys = new Set(events.map(({ partitionkey }) => partitionkey));
    expect(keys.size).toBe(4);
    for (const key of keys) {
      const versions = events.filter(({ partitionkey }) => partitionkey === key).map((event) => event.aggregateversion);
      expect(versions).toEqual(versions.map((_, at) => at + 1));
    }
  });

  it('is followed by the next, and none leaves an event out, whatever its size', async () => {
    const { events } = await feedWith(`${name}:first`);
    for (let seen = 0, after = ''; seen < events.length; ) {
      const page: Page = await api.json(`/events?limit=3${after}`);
      const expected = events.slice(seen, seen + 3);
      // More may have come since.
      expect(page.events.slice(0, expected.length)).toEqual(expected);
      expect(page.events.length).toBeLessThanOrEqual(3);
      seen += expected.length;
      after = `&after=${page.next}`;
    }
  });

  it('limit event-page: has up to 1,000 events; more are not to be asked for', async () => {
    expect((await api.get('/events?limit=1000')).status).toBe(200);
    expect((await api.get('/events?limit=1001')).status).toBe(400);
  });

  it('is empty at the end, and goes on from there', async () => {
    await feedWith(`${name}:first`);
    const end = await api.json<Page>('/events?after=latest');
    expect(end.events).toEqual([]);
    expect(await api.json(`/events?after=${end.next}`)).toEqual(end);
    await pushImage(http, name, 'newest', 'the words of first are known');
    const more = await eventually('new events', async () => {
      const page = await api.json<Page>(`/events?after=${end.next}`);
      return page.events.length === 4 ? page : undefined;
    });
    expect(more.events.at(-1)?.subject).toBe(`${name}:newest`);
  });
});

describe('a refusal', () => {
  const messageOf = async (path: string, of = api) => {
    const { status, headers, body } = await of.get(path);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    return [status, JSON.parse(body.toString('utf8'))];
  };

  it.each(['/events', '/events/snapshot'])('is 401 for whoever is not known: %s', async (path) => {
    const { token } = JSON.parse((await readToken(undefined)).toString('utf8'));
    for (const credentials of [null, 'Basic bm9ib2R5OndvcmRz', 'Bearer x', `Bearer ${token}`]) {
      const unknown = new Api(registry, credentials);
      expect(await messageOf(path, unknown)).toEqual([401, { message: '401 Unauthorized' }]);
      const { headers } = await unknown.get(path);
      expect(headers['www-authenticate']).toBe('Basic realm="Lading", charset="UTF-8"');
    }
  });

  it('is none for an access token of the administrator', async () => {
    const { token } = JSON.parse((await readToken(http.authorization)).toString('utf8'));
    const { events } = await new Api(registry, `Bearer ${token}`).json<Page>('/events?limit=1');
    expect(events).toHaveLength(1);
  });

  it.each(['limit=0', 'limit=many', 'limit=1&limit=2', 'after=', 'after=a%20b', 'after=1&after=2'])(
    'is 400 for %s, and says what can be there',
    async (query) => {
      const [parameter] = query.split('=');
      const message = expect.stringMatching(`^400 Bad Request - ${parameter} must be`);
      expect(await messageOf(`/events?${query}`)).toEqual([400, { message }]);
    },
  );

  it.each(['text/event-stream', 'application/json'])('is 410 for a cursor of another log: %s', async (accept) => {
    const { status, body } = await api.get('/events?after=999999999', { accept });
    expect(status).toBe(410);
    const { message } = JSON.parse(body.toString('utf8'));
    expect(message).toMatch(/^410 Gone - .*GET \/api\/v4\/events\/snapshot$/);
  });

  it('is 404 for what is not there, and 405 for another method', async () => {
    expect(await messageOf('/nothing')).toEqual([404, { message: '404 Not Found' }]);
    const { status, headers } = await api.send('DELETE', '/events');
    expect([status, headers.allow]).toEqual([405, 'GET']);
  });
});

describe('a snapshot', () => {
  it('is lines of JSON: a cursor, all that is live, and an end that counts', async () => {
    await feedWith(`${name}:first`);
    const { status, headers, body } = await api.get('/events/snapshot');
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    const text = body.toString('utf8').trimEnd();
    const lines = text.split('\n').map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines[0]).toEqual({ kind: 'snapshot', cursor: expect.any(String) });
    expect(lines.at(-1)).toEqual({ kind: 'end', lines: lines.length - 1 });
    const { repositoryId, partitionkey, aggregateversion } = lines.find(
      (line) => line.kind === 'repository' && line.path === name,
    )!;
    const { events } = await api.json<Page>('/events?limit=1000');
    const own = events.filter((event) => event.partitionkey === partitionkey);
    expect(aggregateversion).toBe(own.at(-1)?.aggregateversion);
    const tags = lines.filter((line) => line.kind === 'tag' && line.repositoryId === repositoryId);
    const listed = JSON.parse((await http.send('GET', `/v2/${name}/tags/list`)).body.toString('utf8'));
    expect(tags.map(({ tag }) => tag)).toEqual(listed.tags);
    expect((await api.json<Page>(`/events?after=${lines[0]?.cursor}`)).events).toEqual([]);
  });
});

async function readToken(authorization: string | undefined): Promise<Buffer> {
  const headers = { authorization };
  return (await http.exchange('GET', '/token?service=lading', { headers })).body;
}
