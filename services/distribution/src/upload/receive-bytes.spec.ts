import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { BLOB_START, type BlobWriter, BlockPool, blobKey, inlineHashers, MemoryBlobStore } from '@lading/blob-store';
import { closeFront, createFront, listenOn } from '@lading/platform';
import { type Received, type ReceiveOptions, receiveBytes } from './receive-bytes.js';
import { SessionHash } from './session-hash.js';
import { UPLOAD_IDLE_MS } from './write-upload.js';

const key = blobKey('0b2f7f0e-3a55-4c7e-9f0a-6d2c4a8e51a7');

/** A server that takes one body, with these times and steps. */
async function receiver(options: Pick<ReceiveOptions, 'idleMs' | 'heldMs' | 'progress'>) {
  const store = new MemoryBlobStore();
  await store.begin(key);
  const writer: BlobWriter = await store.append(key, BLOB_START);
  const hash = new SessionHash(store, key, 'sha256', inlineHashers);
  let result: Promise<Received> | undefined;
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    result = receiveBytes(req, { writer, hash, blocks: new BlockPool(1024), ...options });
    void result.then(() => res.end());
  };
  const server = createFront([{ prefixes: ['/'], listener }]);
  const port = await listenOn(server, '127.0.0.1', 0);
  const ended = async () => {
    server.closeAllConnections();
    await closeFront(server);
    return { received: await (result as Promise<Received>), digest: await hash.digest(writer.offset) };
  };
  return { port, ended };
}

/** Sends parts one after another, each once the step before was seen, and gives what became of the body. */
async function exchange(parts: readonly Buffer[], heldMs: number, seen: (offset: number) => void) {
  const steps: (() => void)[] = [];
  const progress = async (offset: number) => {
    seen(offset);
    steps.shift()?.();
  };
  const { port, ended } = await receiver({ progress, idleMs: 10_000, heldMs });
  const req = httpRequest({ port, method: 'PATCH' });
  const answered = once(req, 'response');
  for (const part of parts) {
    const stepped = new Promise<void>((resolve) => steps.push(resolve));
    req.write(part);
    await stepped;
  }
  req.end();
  const [res] = (await answered) as [IncomingMessage];
  res.resume();
  return ended();
}

it('hands on what a slow client sent although the block is not full, so that its session stays alive (T20)', async () => {
  const offsets: number[] = [];
  const { received } = await exchange([Buffer.alloc(10), Buffer.alloc(10)], 0, (offset) => offsets.push(offset));
  expect(received).toEqual({ offset: 20, aborted: false });
  expect(offsets.slice(0, 2)).toEqual([10, 20]);
});

it('hands on full blocks, and hashes what it wrote', async () => {
  const offsets: number[] = [];
  const { received, digest } = await exchange([Buffer.alloc(2048, 'a')], 60_000, (offset) => offsets.push(offset));
  expect(received.offset).toBe(2048);
  expect(offsets[0]).toBe(1024);
  expect(digest).toBe(createHash('sha256').update(Buffer.alloc(2048, 'a')).digest('hex'));
});

it('limit upload-idle: gives a client up that sends nothing for two minutes, and keeps what came', async () => {
  expect(UPLOAD_IDLE_MS).toBe(120_000);
  const { port, ended } = await receiver({ progress: async () => {}, idleMs: 100, heldMs: 60_000 });
  const req = httpRequest({ port, method: 'PATCH' });
  req.write(Buffer.alloc(10, 'a'));
  await once(req, 'error');
  expect(await ended()).toEqual({
    received: { offset: 10, aborted: true },
    digest: createHash('sha256').update(Buffer.alloc(10, 'a')).digest('hex'),
  });
});
