import { once } from 'node:events';
import { createServer, get, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { createLogger } from '@lading/platform';
import { OpenStreams } from './open-streams.js';

const quiet = createLogger({ service: 'spec', level: 'fatal' });
const PIECE = 'x'.repeat(64 * 1024);

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server whose one answer is made by `make`. @returns the answer's head, not read yet, and when it was sent */
async function answer(
  streams: OpenStreams,
  make: (signal: AbortSignal) => AsyncIterable<string>,
  options?: { mayEndAnywhere: boolean },
): Promise<{ res: IncomingMessage; sent: Promise<void> }> {
  let resolve: (sent: Promise<void>) => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  server = createServer((_req, res) => resolve(streams.send(res, { 'X-Spec': 'yes' }, make, options)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const req = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { res, sent: promise };
}

async function textOf(res: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of res) text += piece;
  return text;
}

/** Pieces without an end, and how many were made. */
function endless() {
  const count = { made: 0, ended: false };
  async function* make() {
    try {
      for (;;) {
        count.made++;
        yield PIECE;
      }
    } finally {
      count.ended = true;
    }
  }
  return { count, make };
}

it('sends the head and every piece', async () => {
  const { res } = await answer(new OpenStreams(quiet), async function* () {
    yield 'a';
    yield 'b';
  });
  expect([res.statusCode, res.headers['x-spec'], await textOf(res)]).toEqual([200, 'yes', 'ab']);
});

it('limit stream-idle: makes no more than a reader takes, and cuts one that takes nothing', async () => {
  const { count, make } = endless();
  const { res, sent } = await answer(new OpenStreams(quiet, 200), make);
  await sent;
  expect(count.ended).toBe(true);
  // What the sockets of both sides hold, and not the megabytes that could be made in this time.
  expect(count.made).toBeLessThan(200);
  await expect(textOf(res)).rejects.toThrow('aborted');
});

it('ends what it makes when the reader leaves', async () => {
  const { count, make } = endless();
  const { res, sent } = await answer(new OpenStreams(quiet), make);
  res.destroy();
  await sent;
  expect(count.ended).toBe(true);
});

it('cuts an answer that fails in the middle, so that nobody takes it for whole', async () => {
  const { res } = await answer(new OpenStreams(quiet), async function* () {
    yield 'a';
    await new Promise((resolve) => setImmediate(resolve)); // Its head is on its way.
    throw new Error('the database is away');
  });
  await expect(textOf(res)).rejects.toThrow('aborted');
});

it('limit event-streams: has room for 1,000, and for another when one has ended', async () => {
  const streams = new OpenStreams(quiet);
  async function* make(signal: AbortSignal) {
    yield 'a';
    if (!signal.aborted) await once(signal, 'abort');
  }
  const open = () => {
    const res = new ServerResponse(new IncomingMessage(new Socket()));
    return { res, sent: streams.send(res, {}, make) };
  };
  const all = Array.from({ length: 999 }, open);
  streams.assertRoom();
  const last = open();
  expect(() => streams.assertRoom()).toThrow('503 Service Unavailable - too many readers at once');
  last.res.emit('close');
  await last.sent;
  streams.assertRoom();
  streams.endAll();
  await Promise.all(all.map(({ sent }) => sent));
});

describe('the stop of the service', () => {
  async function* untilAborted(signal: AbortSignal) {
    yield 'a';
    if (!signal.aborted) await once(signal, 'abort');
  }

  it('ends an answer that may end anywhere', async () => {
    const streams = new OpenStreams(quiet);
    const { res } = await answer(streams, untilAborted, { mayEndAnywhere: true });
    streams.endAll();
    expect(await textOf(res)).toBe('a');
  });

  it('cuts another, and lets none begin', async () => {
    const streams = new OpenStreams(quiet);
    streams.assertRoom();
    const { res } = await answer(streams, untilAborted);
    streams.endAll();
    await expect(textOf(res)).rejects.toThrow('aborted');
    expect(() => streams.assertRoom()).toThrow('503 Service Unavailable - the server stops');
  });
});
