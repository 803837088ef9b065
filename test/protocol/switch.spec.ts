import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Front, startSwitch } from '../support/switch.js';
import { eventually } from './support/eventually.js';
import { Raw } from './support/raw.js';

/** A server that keeps what each of its connections sent, and answers nothing by itself. */
class Listener {
  readonly taken: { socket: Socket; text: string; ended: boolean; failed: boolean }[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = { socket, text: '', ended: false, failed: false };
      this.taken.push(connection);
      socket.setEncoding('latin1').on('data', (piece) => (connection.text += piece));
      socket.on('end', () => (connection.ended = true)).on('error', () => (connection.failed = true));
    });
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    for (const { socket } of this.taken) socket.destroy();
  }
}

let usual: Listener;
let other: Listener;
let front: Front;

beforeEach(async () => {
  [usual, other] = [new Listener(), new Listener()];
  const [usualUrl, otherUrl] = await Promise.all([usual.start(), other.start()]);
  front = await startSwitch((path) => (path === '/token' ? otherUrl : usualUrl));
});
afterEach(async () => {
  await front.close();
  usual.stop();
  other.stop();
});

const gets = (listener: Listener, text: string) =>
  eventually(`${JSON.stringify(text)} passed on`, () => listener.taken.find((each) => each.text === text));

it.each([
  ['a request for / and what follows it', 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\nGET /token HTTP/1.1\r\n\r\n'],
  ['a query with the path of another', 'GET /v2/?x=/token HTTP/1.1\r\n'],
  ['what is no request', 'no request\r\n\r\n'],
  ['an empty line before a request', '\r\nGET /token HTTP/1.1\r\n'],
  ['bytes that are no text', '\0\xff\x16\x03'],
  ['a path without an end', `GET /${'x'.repeat(5000)}`],
])('the switch passes %s on as it is, to the server of /', async (_, bytes) => {
  const client = Raw.open(front, bytes);
  await gets(usual, bytes);
  expect(other.taken).toEqual([]);
  client.cut();
});

it.each(['GET /token HTTP/1.1\r\n', 'POST /token?service=x '])(
  'the switch passes %j on to the server of its path, where it comes byte by byte',
  async (bytes) => {
    const client = Raw.open(front);
    client.socket.setNoDelay();
    for (const byte of bytes) {
      client.write(byte);
      await new Promise(setImmediate);
    }
    const { socket } = await gets(other, bytes);
    socket.end('an answer');
    expect(await client.ended()).toBe('an answer');
    expect(usual.taken.map(({ text }) => text).join('')).toBe('');
  },
);

it('the switch connects a client that sends nothing, and passes on what the server says', async () => {
  const client = Raw.open(front);
  const { socket } = await eventually('a connection', () => usual.taken[0]);
  socket.end('too late');
  expect(await client.ended()).toBe('too late');
});

it('the switch passes on the end of what a client sends, and the answer after it', async () => {
  const client = Raw.open(front, 'GET /v2');
  client.socket.end();
  const connection = await gets(usual, 'GET /v2');
  await eventually('the end', () => connection.ended || undefined);
  connection.socket.end('an answer');
  expect(await client.ended()).toBe('an answer');
});

it('the switch passes on resets, both ways', async () => {
  const first = Raw.open(front, 'GET /v2/ HTTP/1.1\r\n');
  const connection = await gets(usual, 'GET /v2/ HTTP/1.1\r\n');
  first.socket.resetAndDestroy();
  await eventually('the reset', () => connection.failed || undefined);

  const second = Raw.open(front, 'GET /token HTTP/1.1\r\n');
  (await gets(other, 'GET /token HTTP/1.1\r\n')).socket.resetAndDestroy();
  await second.ended();
  expect(second.broken).toBe(true);
});
