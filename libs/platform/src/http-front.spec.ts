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
