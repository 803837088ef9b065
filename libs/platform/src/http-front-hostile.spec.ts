import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closeFront, createFront, FRONT_TIMES, type FrontTimes, type HttpListener, listenOn } from './http-front.js';
import { MAX_HEADERS } from './request-fault.js';
import { getOf, openConnection } from './spec-connection.js';

let front: Server | undefined;
let held: (() => void)[] = [];
afterEach(async () => {
  front?.closeAllConnections();
  if (front) await closeFront(front);
  front = undefined;
  held = [];
});

async function start(times: Partial<FrontTimes> = {}, smallBodies = true): Promise<number> {
  const listener: HttpListener = (req, res) => {
    if (req.url === '/v2/held') held.push(() => void res.end('held'));
    else if (req.url === '/v2/begun')
      held.push(
        () => void res.end('the end'),
        () => void res.write('begun, '),
      );
    else req.resume().once('end', () => res.end(`served ${req.url}`));
  };
  front = createFront([{ prefixes: ['/v2'], listener, smallBodies }], times);
  return listenOn(front, '127.0.0.1', 0);
}

const last = (path: string) => getOf(path, 'Connection: close');

describe('the times of a front', () => {
  it('HTTP-17, HTTP-18, regression distribution/distribution#755, nodejs/node#46574, nodejs/node#47421: are 80 s for headers, 75 s for an idle connection, none for a whole request', async () => {
    expect(FRONT_TIMES).toEqual({ smallBodyMs: 30_000, headersMs: 80_000, checkMs: 15_000, idleMs: 75_000 });
    await start();
    expect(front).toMatchObject({ headersTimeout: 80_000, keepAliveTimeout: 75_000, requestTimeout: 0 });
  });

  it('limit header-time: end a connection that never sends, and one whose headers drip, with 408; others are served', async () => {
    const port = await start({ headersMs: 300, checkMs: 30 });
    const silent = openConnection(port);
    const dripping = openConnection(port, 'GET /v2/ HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => dripping.socket.write('a'), 20);
    expect(await openConnection(port, last('/v2/other')).all).toContain('served /v2/other');
    for (const { all } of [silent, dripping]) {
      expect(await all).toMatch(
        /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"message":"the request did not come in time"/,
      );
    }
    clearInterval(drip);
  });

  it('HTTP-17: let a body take as long as it takes', async () => {
    const port = await start({ headersMs: 100, checkMs: 20, idleMs: 100, smallBodyMs: 100 }, false);
    const { socket, all } = openConnection(port, 'PATCH /v2/layer HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n');
    for (let sent = 0; sent < 50; sent++) {
      await delay(20);
      socket.write('a');
    }
    expect(await all).toMatch(/^HTTP\/1\.1 200 [\s\S]*served \/v2\/layer$/);
  });

  it('limit idle-connection: end a connection with nothing in flight, without a word', async () => {
    const port = await start({ idleMs: 100 });
    expect(await openConnection(port, getOf('/v2/one')).all).toMatch(/^HTTP\/1\.1 200 [\s\S]*served \/v2\/one/);
  });

  it('limit form-time: end a small body that comes a byte at a time', async () => {
    const port = await start({ smallBodyMs: 200 });
    const { socket, all } = openConnection(port, 'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n');
    const drip = setInterval(() => socket.write('a'), 20);
    expect(await all).toBe('');
    clearInterval(drip);
  });
});

describe('headers', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `h${n}: x`);

  it(`are ${MAX_HEADERS} at most`, async () => {
    const port = await start();
    // Host and Connection are two of them.
    const within = await openConnection(port, getOf('/v2/', 'Connection: close', ...many(MAX_HEADERS - 2))).all;
    expect(within).toContain('served /v2/');
    expect(await openConnection(port, getOf('/v2/', 'Connection: close', ...many(MAX_HEADERS - 1))).all).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect(await openConnection(port, getOf('/v2/', 'Connection: close', ...many(10_000))).all).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  it('are 64 KiB at most with the request line, and more is answered to a client that sends on', async () => {
    const port = await start();
    const padded = (bytes: number) => {
      const fixed = getOf('/v2/', 'Connection: close', 'X: ').length;
      return getOf('/v2/', 'Connection: close', `X: ${'x'.repeat(bytes - fixed)}`);
    };
    expect(await openConnection(port, padded(65_000)).all).toContain('served /v2/');
    for (const bytes of [66_000, 3_000_000]) {
      const answer = await openConnection(port, padded(bytes)).all;
      expect(answer).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
      expect(answer).toMatch(/\r\n\r\n\{"errors":\[\{"code":"UNSUPPORTED","message":"[^"]+"\}\]\}$/);
    }
  });
});

describe('what is no request', () => {
  it('behind a request in flight is answered after it, and nothing after it is served', async () => {
    const port = await start();
    const { all } = openConnection(port, `${getOf('/v2/held')}no request\r\n\r\n${last('/v2/smuggled')}`);
    while (held.length === 0) await new Promise(setImmediate);
    held.pop()?.();
    expect((await all).match(/HTTP\/1\.1 \d+|held|served .*/g)).toEqual(['HTTP/1.1 200', 'held', 'HTTP/1.1 400']);
  });

  it('in the midst of an answer comes behind it, and puts nothing into it', async () => {
    const port = await start();
    const { socket, all } = openConnection(port, getOf('/v2/begun'));
    while (held.length === 0) await new Promise(setImmediate);
    held.pop()?.();
    await once(socket, 'data');
    socket.write(`no request\r\n\r\n${last('/v2/smuggled')}`);
    held.pop()?.();
    expect(await all).toMatch(
      /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n7\r\nbegun, \r\n7\r\nthe end\r\n0\r\n\r\nHTTP\/1\.1 400 (?!.*HTTP\/)/,
    );
  });
});

describe('a connection that is no HTTP', () => {
  /** Answered already, and held open by a client that then sends what it has. */
  async function answered(more: Buffer): Promise<Socket> {
    const port = await start();
    const accepted = once(front!, 'connection');
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
    client.write('no request\r\n\r\n');
    const [socket] = (await accepted) as [Socket];
    const closed = once(socket, 'close');
    expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1\.1 400 /);
    client.write(more);
    await closed;
    client.destroy();
    return socket;
  }

  it('limit malformed-bytes: is cut when more than that comes behind the answer', async () => {
    const most = 4 * 1024 * 1024;
    const { bytesRead } = await answered(Buffer.alloc(4 * most));
    expect(bytesRead).toBeGreaterThan(most);
    expect(bytesRead).toBeLessThan(2 * most);
  });

  it('limit malformed-time: is cut after a while, though the client keeps it open', async () => {
    expect((await answered(Buffer.from('and nothing more'))).bytesRead).toBeLessThan(100);
  });
});

it('an address of nobody is 404, and a body that comes with it is no second request', async () => {
  const port = await start();
  const smuggled = last('/v2/smuggled');
  const head = (length: number, ...lines: string[]) =>
    `${[`POST /nothing HTTP/1.1`, 'Host: x', `Content-Length: ${length}`, ...lines].join('\r\n')}\r\n\r\n`;
  const { all } = openConnection(port, head(smuggled.length) + smuggled + last('/v2/next'));
  expect((await all).match(/HTTP\/1\.1 \d+|served .*/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200', 'served /v2/next']);
  const large = openConnection(port, head(20_000_000) + 'x'.repeat(20_000_000) + last('/v2/next'));
  expect(await large.all).toMatch(/^HTTP\/1\.1 404 [\s\S]*\r\nConnection: close\r\n[\s\S]*at this address"\}\]\}$/);
});
