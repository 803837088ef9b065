import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { closeFront, createFront, type HttpListener, listenOn } from './http-front.js';

/** A server that answers when told, a client that keeps its connections, and how to ask. */
async function start() {
  const held: (() => void)[] = [];
  const listener: HttpListener = (req, res) => {
    const answer = () => res.end('done');
    if (req.url === '/held') held.push(answer);
    else answer();
  };
  const server = createFront([{ prefixes: ['/'], listener }]);
  const port = await listenOn(server, '127.0.0.1', 0);
  const agent = new Agent({ keepAlive: true });
  const send = (path: string): ClientRequest => request({ port, host: '127.0.0.1', path, agent }).end();
  return { server, agent, held, send };
}

/** What one connection gets back for the lines of one request. */
async function exchange(port: number, ...lines: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const piece of socket) text += piece;
  return text;
}

async function statusOf(req: ClientRequest): Promise<number> {
  const [answer] = await once(req, 'response');
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode;
}

it('answers a request in flight, then closes its connection though the client would keep it', async () => {
  const { server, agent, held, send } = await start();
  expect(await statusOf(send('/idle'))).toBe(200);
  const inFlight = statusOf(send('/held'));
  while (held.length === 0) await new Promise(setImmediate);
  let closed = false;
  const closing = closeFront(server).then(() => {
    closed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(closed).toBe(false);
  held[0]?.();
  expect(await inFlight).toBe(200);
  await closing;
  expect(server.listening).toBe(false);
  agent.destroy();
});

it('ends the connection of a small body that does not come', async () => {
  const listener = (req: IncomingMessage) => void req.resume();
  const front = createFront([{ prefixes: ['/'], listener, smallBodies: true }], { smallBodyMs: 50 });
  const port = await listenOn(front, '127.0.0.1', 0);
  const socket = connect(port, '127.0.0.1');
  socket.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\na');
  await once(socket, 'close');
  await closeFront(front);
});

describe('a request target', () => {
  const listener: HttpListener = (req, res) => res.end(`${req.method} ${req.url} ${req.headers.host}`);
  const front = createFront([{ prefixes: ['/v2'], listener }]);
  let port: number;
  beforeAll(async () => {
    port = await listenOn(front, '127.0.0.1', 0);
  });
  afterAll(() => closeFront(front));

  it.each([
    ['/v2/a?b=http://c', '/v2/a?b=http://c x:1'],
    ['http://a.test/v2/', '/v2/ a.test'],
    ['HTTP://a.test:80/v2?n=/', '/v2?n=/ a.test:80'],
    ['https://[::1]:5000/v2/%2F', '/v2/%2F [::1]:5000'],
  ])('%s reaches the listener as %s', async (target, seen) => {
    expect(await exchange(port, `GET ${target} HTTP/1.1`, 'Host: x:1')).toContain(`\r\n\r\nGET ${seen}`);
  });

  it.each(['http://a.test', 'http://a.test?/v2/', 'http://a.test/v2x', 'ftp://a.test/v2/'])(
    '%s is no path of ours',
    async (target) => {
      expect(await exchange(port, `GET ${target} HTTP/1.1`, 'Host: x')).toMatch(/^HTTP\/1\.1 404 /);
    },
  );

  it.each(['*', 'http://a.test'])('%s asks OPTIONS about the server as a whole', async (target) => {
    const answer = await exchange(port, `OPTIONS ${target} HTTP/1.1`, 'Host: x');
    expect(answer).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\nAllow: DELETE, GET, HEAD, PATCH, POST, PUT\r\n/);
  });

  it('* is for OPTIONS alone', async () => {
    expect(await exchange(port, 'GET * HTTP/1.1', 'Host: x')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each(['http:///v2/', 'v2/', 'x:80'])('%s is refused', async (target) => {
    expect(await exchange(port, `GET ${target} HTTP/1.1`, 'Host: x')).toMatch(/^HTTP\/1\.1 40[04] /);
  });
});
