import { once } from 'node:events';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { ConnectionTurns, MOST_WAITING } from './connection-turns.js';
import { closeFront, createFront, listenOn } from './http-front.js';
import { getOf, openConnection } from './spec-connection.js';

let front: Server | undefined;
let served: { req: IncomingMessage; res: ServerResponse }[] = [];
let waiting: (() => void) | undefined;
let port: number;

beforeEach(async () => {
  served = [];
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    served.push({ req, res });
    waiting?.();
  };
  front = createFront([{ prefixes: ['/v2'], listener }]);
  port = await listenOn(front, '127.0.0.1', 0);
});
afterEach(async () => {
  front?.closeAllConnections();
  if (front) await closeFront(front);
});

async function untilServed(count: number): Promise<void> {
  while (served.length < count) await new Promise<void>((resolve) => (waiting = resolve));
}

const open = (text: string) => openConnection(port, text);
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
/** What a connection of its own is answered, so that whatever came before was looked at. */
async function another(): Promise<void> {
  const count = served.length;
  const { socket, all } = open(getOf('/v2/another', 'Connection: close'));
  await untilServed(count + 1);
  served.pop()?.res.end();
  await all;
  socket.destroy();
}

describe('requests of one connection', () => {
  it('are served one after the other, in their order', async () => {
    const { socket, all } = open(getOf('/v2/1') + getOf('/v2/2') + getOf('/v2/3', 'Connection: close'));
    for (const [index, path] of ['/v2/1', '/v2/2', '/v2/3'].entries()) {
      await untilServed(index + 1);
      await another();
      expect(served.map(({ req }) => req.url)).toEqual(['/v2/1', '/v2/2', '/v2/3'].slice(0, index + 1));
      served[index]!.res.end(path);
    }
    const text = await all;
    expect(statuses(text)).toEqual([200, 200, 200]);
    expect(text.match(/\/v2\/\d/g)).toEqual(['/v2/1', '/v2/2', '/v2/3']);
    socket.destroy();
  });

  it('are not served any more once it shows that their client went away', async () => {
    const { socket } = open(getOf('/v2/1').repeat(500));
    await untilServed(1);
    socket.destroy();
    // Nothing is read while others wait, so that an answer which cannot be written is what tells it.
    for (let count = 1; !served[count - 1]!.req.socket.destroyed; count++) {
      await untilServed(count);
      const { res } = served[count - 1]!;
      res.end(Buffer.alloc(100_000));
      await once(res, 'close');
      await new Promise(setImmediate);
      if (served.length === count) break;
    }
    await another();
    expect(served.length).toBeLessThan(500);
    expect(served.every(({ req }) => req.socket.destroyed)).toBe(true);
  });

  it('limit waiting-requests: are not read on while one waits, and cut where they come nevertheless', async () => {
    const { socket } = open(getOf('/v2/1').repeat(1_000_000));
    await untilServed(1);
    await another();
    expect(socket.writableLength).toBeGreaterThan(0);

    const turns = new ConnectionTurns();
    const [own, none] = [new Socket(), () => undefined];
    const next = () => {
      const req = new IncomingMessage(own);
      turns.take(req, new ServerResponse(req), none);
    };
    for (let count = 0; count <= MOST_WAITING; count++) next();
    expect(own.destroyed).toBe(false);
    next();
    expect(own.destroyed).toBe(true);
    socket.destroy();
  });

  it('are read on once none waits', async () => {
    const { socket, all } = open(getOf('/v2/1') + getOf('/v2/2'));
    await untilServed(1);
    socket.write(getOf('/v2/3', 'Connection: close'));
    for (let count = 1; count <= 3; count++) {
      await untilServed(count);
      served[count - 1]!.res.end();
    }
    expect(statuses(await all)).toEqual([200, 200, 200]);
  });

  it.each([
    ['that closes the connection', getOf('/v2/1', 'Connection: close')],
    ['to a wish for another protocol', getOf('/v2/1', 'Connection: Upgrade', 'Upgrade: h2c')],
  ])('are not served after an answer %s', async (_, first) => {
    const { all } = open(first + getOf('/v2/2'));
    await untilServed(1);
    served[0]!.res.end();
    expect(statuses(await all)).toEqual([200]);
    await another();
    expect(served).toHaveLength(1);
  });

  it('HTTP-04: are not read out of the body of one that was dropped behind an Upgrade', async () => {
    const inner = getOf('/v2/smuggled');
    const lost = ['PATCH /v2/2 HTTP/1.1', 'Host: x', `Content-Length: ${inner.length}`, '', ''].join('\r\n');
    const { socket, all } = open(getOf('/v2/1', 'Connection: Upgrade', 'Upgrade: other') + lost);
    await untilServed(1);
    socket.write(inner);
    await another();
    served[0]!.res.end();
    expect(statuses(await all)).toEqual([200]);
    await another();
    expect(served.map(({ req }) => req.url)).toEqual(['/v2/1']);
  });

  it('are answered before a 400 to what follows and cannot be read', async () => {
    const { all } = open(`${getOf('/v2/1')}no request\r\n\r\nmore\r\n\r\n`);
    await untilServed(1);
    await another();
    served[0]!.res.end('first');
    expect(statuses(await all)).toEqual([200, 400]);
  });

  it('are answered before a 405 to CONNECT', async () => {
    const { all } = open(`${getOf('/v2/1')}CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await untilServed(1);
    await another();
    served[0]!.res.end('first');
    expect(statuses(await all)).toEqual([200, 405]);
  });

  it('are answered with 400 when their own body cannot be read on', async () => {
    const { all } = open('PUT /v2/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    expect(statuses(await all)).toEqual([400]);
  });
});
