import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { DRAINED, drain, isLarge } from './drain.js';

const server = createServer();
const clients: Socket[] = [];
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  for (const client of clients) client.destroy();
  server.close();
});

/** A request as it arrives, with these headers and this much of a body. */
async function requestOf(header: string, bytes: number): Promise<IncomingMessage> {
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(client);
  client.on('error', () => undefined);
  client.write(`PUT / HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n${'x'.repeat(bytes)}`);
  return (await arrived)[0];
}

it('a body that nobody wants is read for 256 MiB or 5 s', () => {
  expect(DRAINED).toEqual({ mostBytes: 256 * 1024 * 1024, mostMs: 5_000 });
});

it('limit refused-body-bytes: it is read whole when it is no longer than that, and given up when more of it comes', async () => {
  const limits = { mostBytes: 1000, mostMs: 60_000 };
  expect(await drain(await requestOf('Content-Length: 1000', 1000), limits)).toBe(true);
  expect(await drain(await requestOf('Content-Length: 2000', 1001), limits)).toBe(false);
});

it('limit refused-body-time: it is given up when it takes longer', async () => {
  expect(await drain(await requestOf('Content-Length: 1000', 999), { mostBytes: 1000, mostMs: 50 })).toBe(false);
});

it('limit kept-connection: it is large when it is, or may be, longer than 4 MiB', async () => {
  const most = 4 * 1024 * 1024;
  expect(isLarge(await requestOf(`Content-Length: ${most}`, 1))).toBe(false);
  expect(isLarge(await requestOf(`Content-Length: ${most + 1}`, 1))).toBe(true);
  expect(isLarge(await requestOf('Transfer-Encoding: chunked', 0))).toBe(true);
});
