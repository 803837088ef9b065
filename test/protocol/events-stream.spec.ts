import { Api } from './support/api.js';
import { pushImage } from './support/content.js';
import { EventStream } from './support/event-stream.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http, closing } = useRegistry();
const api = new Api(registry);
const name = 'stream/app';
const open = async (query = '', headers: Record<string, string> = {}) =>
  closing(await EventStream.open(api, query, headers));

it('says what it is, and that nobody may keep it', async () => {
  const { res } = await open('?after=latest');
  expect(res.statusCode).toBe(200);
  expect(res.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
});

it('gives what happens from then on', async () => {
  const stream = await open('?after=latest');
  await pushImage(http, name, 'v1');
  const events = await stream.take(5);
  expect(events.at(-1)).toMatchObject({ specversion: '1.0', type: 'dev.lading.tag.set.v1', subject: `${name}:v1` });
  expect(stream.lastId).toBe(events.at(-1)?.cursor);
});

it('gives what happened before from the start, and the same to all', async () => {
  const streams = await Promise.all([open(), open(), open()]);
  const [first, ...others] = await Promise.all(streams.map((stream) => stream.take(5)));
  expect(first?.map((event) => event?.aggregateversion)).toEqual([1, 1, 2, 3, 4]);
  expect(others).toEqual([first, first]);
});

it('goes on behind the last event that a browser has seen, whatever its address says', async () => {
  const stream = await open();
  const [, second, third] = await stream.take(3);
  stream.close();
  const again = await open('?after=latest', { 'last-event-id': second!.cursor });
  expect(await again.next()).toEqual(third);
});

it('tells where it is before anything happened, so that nothing is missed by connecting again', async () => {
  const stream = await open('?after=latest');
  let isOver = false;
  const waiting = stream.next().then((event) => {
    isOver = true;
    return event;
  });
  while (stream.lastId === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isOver).toBe(false);
  const { next } = await api.json<{ next: string }>('/events?after=latest');
  expect(stream.lastId).toBe(next);
  stream.close();
  await expect(waiting).rejects.toThrow();
});

it('ends when the server stops, without holding it up, and goes on at its next start', async () => {
  const stream = await open();
  const seen = await stream.take(5);
  const end = stream.next();
  await registry.restart();
  expect(await end).toBeUndefined();
  await pushImage(http, name, 'v2', 'other words');
  const again = await open('', { 'last-event-id': seen.at(-1)!.cursor });
  const events = await again.take(4);
  expect(events.at(-1)?.subject).toBe(`${name}:v2`);
});
