import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { BodyBytes } from './body-bytes.js';
import { BODY_PATIENCE, BodyAborted, readBody } from './read-body.js';

describe('bytes that are put together', () => {
  it('are those that came, in any pieces', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (all) => {
        const body = new BodyBytes();
        for (const piece of all) body.add(Buffer.from(piece));
        expect(body.whole().equals(Buffer.concat(all))).toBe(true);
        expect(body.length).toBe(body.whole().length);
      }),
    );
  });

  it('are not copied when they are one piece', () => {
    const body = new BodyBytes();
    const piece = Buffer.from('{}');
    body.add(piece);
    expect(body.whole().buffer).toBe(piece.buffer);
  });

  it('keep none of the pieces, so that a byte at a time costs no more than a byte', () => {
    const body = new BodyBytes();
    const packet = Buffer.alloc(65_536, 'x');
    for (let at = 0; at < packet.length; at++) body.add(packet.subarray(at, at + 1));
    expect(body.whole().equals(packet)).toBe(true);
    expect(body.whole().buffer).not.toBe(packet.buffer);
    expect(body.whole().buffer.byteLength).toBeLessThanOrEqual(2 * packet.length);
  });
});

it('a body is waited for a minute without a byte, and five minutes in all', () => {
  expect(BODY_PATIENCE).toEqual({ idleMs: 60_000, wholeMs: 300_000 });
});

describe('a body that is waited for', () => {
  const patience = { idleMs: 60_000, wholeMs: 60_000 };
  let outcome: Promise<Buffer | undefined>;
  let socket: Socket;
  const server = createServer();

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => socket.destroy());
  afterAll(() => server.close());

  /** Sends the head and some of the body; the body is waited for with this patience. */
  async function send(some: string, limit: number, times: Partial<typeof patience>): Promise<void> {
    const arrived = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n${some}`);
    const [req, res] = await arrived;
    outcome = readBody(req, res, limit, { ...patience, ...times });
    outcome.catch(() => undefined);
  }

  it('comes whole', async () => {
    await send('a', 100, {});
    socket.write('b'.repeat(99));
    expect(String(await outcome)).toBe(`a${'b'.repeat(99)}`);
  });

  it('limit manifest-idle: is given up, and its connection closed, when nothing comes', async () => {
    await send('a', 100, { idleMs: 50 });
    await expect(outcome).rejects.toBeInstanceOf(BodyAborted);
    await once(socket, 'close');
  });

  it('limit manifest-time: is given up, and its connection closed, when it comes a byte at a time for too long', async () => {
    await send('a', 100, { wholeMs: 300 });
    const drip = setInterval(() => socket.write('b'), 30);
    await expect(outcome).rejects.toBeInstanceOf(BodyAborted);
    clearInterval(drip);
    await once(socket, 'close');
  });

  it('is not read where its length is beyond the limit', async () => {
    await send('a', 99, {});
    expect(await outcome).toBeUndefined();
  });
});
