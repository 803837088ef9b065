import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { closeFront, createFront, listenOn } from '@lading/platform';
import { DOWNLOAD_IDLE_MS, streamBody } from './stream-body.js';

/** Bytes without end. */
const endless = () =>
  new Readable({
    read() {
      this.push(Buffer.alloc(64 * 1024));
    },
  });

it('limit download-idle: lets go of a body of which nothing is taken for a minute', async () => {
  expect(DOWNLOAD_IDLE_MS).toBe(60_000);
  const body = endless();
  let streamed: Promise<void> | undefined;
  const listener = (_req: unknown, res: Parameters<typeof streamBody>[1]) => {
    streamed = streamBody(body, res, 100);
  };
  const server = createFront([{ prefixes: ['/'], listener }]);
  const socket = connect(await listenOn(server, '127.0.0.1', 0), '127.0.0.1');
  socket.on('error', () => undefined).pause();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(body, 'close');
  await streamed;
  socket.resume();
  await once(socket, 'close');
  await closeFront(server);
});
