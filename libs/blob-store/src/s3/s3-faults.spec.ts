import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { blobKey } from '../blob-key.js';
import { BlobNotFound, BlobTruncated, StoreFull, StoreUnavailable } from '../blob-store.errors.js';
import { BLOB_START, type BlobBody } from '../blob-store.port.js';
import { S3BlobStore } from './s3-blob-store.js';

// What the store makes of an S3 that fails. The server here answers as a test lays down, one answer for each request.

type Answer = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void;

const key = blobKey('00000000-0000-7000-8000-0000000000ab');
const IDLE_MS = 300;

let server: Server;
let answers: Answer[];
let seen: string[];
let store: S3BlobStore;
beforeEach(async () => {
  answers = [];
  seen = [];
  server = createServer(async (req, res) => {
    const body = await buffer(req).catch(() => Buffer.alloc(0));
    seen.push(`${req.method} ${req.url}`);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(req, res, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  store = new S3BlobStore({
    ...{ endpoint, region: 'us-east-1', bucket: 'lading', accessKey: 'KEY', secretKey: 'SECRET' },
    idleMs: IDLE_MS,
  });
});
afterEach(async () => {
  await store.close();
  server.closeAllConnections();
  server.close();
});

const ok: Answer = (_, res) => res.writeHead(200, { ETag: '"e"' }).end();
const fails =
  (status: number, code: string): Answer =>
  (_, res) =>
    res.writeHead(status).end(`<Error><Code>${code}</Code><Message>m</Message></Error>`);
const resets: Answer = (req) => req.socket.resetAndDestroy();
const silent: Answer = () => undefined;
const bytes =
  (text: string, headers: Record<string, string> = {}): Answer =>
  (_, res) =>
    res.writeHead(206, { 'Content-Length': text.length, ...headers }).end(text);

async function putSmall(at = key): Promise<void> {
  const writer = await store.append(at, BLOB_START);
  await writer.write([Buffer.from('small')]);
  await store.commit(at, await writer.seal());
}

async function drained(body: BlobBody): Promise<number> {
  return Buffer.isBuffer(body) ? body.length : (await buffer(body)).length;
}

it.each<[string, Answer]>([
  ['503 SlowDown', fails(503, 'SlowDown')],
  ['500 InternalError', fails(500, 'InternalError')],
  ['a connection that was reset', resets],
  ['silence', silent],
])('makes a call again after %s', async (_, fault) => {
  answers = [fault, fault, ok];
  await putSmall();
  expect(seen).toEqual(Array(3).fill(`PUT /lading/${key}`));
});

it.each<[string, Answer]>([
  ['503', fails(503, 'SlowDown')],
  ['resets', resets],
])('gives up after four times %s, and says that the store is not available', async (_, fault) => {
  answers = [fault];
  await expect(putSmall()).rejects.toThrow(StoreUnavailable);
  expect(seen).toHaveLength(4);
});

it('keeps no connection for answers that failed', async () => {
  answers = [...Array<Answer>(300).fill(fails(503, 'SlowDown')), ok];
  const results = await Promise.allSettled(Array.from({ length: 75 }, () => putSmall(blobKey(randomUUID()))));
  expect(results.every((result) => result.status === 'rejected')).toBe(true);
  await putSmall(); // With 64 connections at most, it would wait for ever.
});

it('has a connection for everybody who reads, and others for who writes', async () => {
  answers = [(_, res) => res.writeHead(206, { 'Content-Length': 100_000 }).write(Buffer.alloc(1))];
  const bodies = await Promise.all(Array.from({ length: 100 }, () => store.read(key, { start: 0, end: 99_999 })));
  answers = [ok];
  await putSmall();
  for (const body of bodies) if (!Buffer.isBuffer(body)) body.destroy();
});

it.each([
  [507, 'InsufficientStorage'],
  [403, 'QuotaExceeded'],
])('says that there is no room at %d %s, at once', async (status, code) => {
  answers = [fails(status, code)];
  await expect(putSmall()).rejects.toThrow(StoreFull);
  expect(seen).toHaveLength(1);
});

it.each([
  [403, 'SignatureDoesNotMatch'],
  [404, 'NoSuchBucket'],
  [400, 'AuthorizationHeaderMalformed'],
])('says that the store is not available at %d %s, at once', async (status, code) => {
  answers = [fails(status, code)];
  await expect(store.read(key)).rejects.toThrow(StoreUnavailable);
  expect(seen).toHaveLength(1);
});

it('takes no 404 of a key for a fault', async () => {
  answers = [fails(404, 'NoSuchKey')];
  await expect(store.read(key)).rejects.toThrow(BlobNotFound);
});

describe('a body', () => {
  const range = { start: 0, end: 99_999 };
  const head = { 'Content-Length': 100_000, 'Content-Range': 'bytes 0-99999/100000' };

  it('that stops is an error after a time, and not a short success', async () => {
    answers = [(_, res) => res.writeHead(206, head).write(Buffer.alloc(1000))];
    await expect(store.read(key, range).then(drained)).rejects.toThrow(StoreUnavailable);
  });

  it('that is cut is an error', async () => {
    answers = [(req, res) => res.writeHead(206, head).write(Buffer.alloc(1000), () => req.socket.destroy())];
    await expect(store.read(key, range).then(drained)).rejects.toThrow(StoreUnavailable);
  });

  it('of an object that is shorter than asked is told before it begins', async () => {
    answers = [bytes('1234', { 'Content-Range': 'bytes 0-3/4' })];
    await expect(store.read(key, { start: 0, end: 4 })).rejects.toThrow(BlobTruncated);
  });

  it('that nobody reads for long is whole afterwards', async () => {
    const whole = Buffer.alloc(5_000_000, 7);
    answers = [(_, res) => res.writeHead(206, { 'Content-Length': whole.length }).end(whole)];
    const body = await store.read(key, { start: 0, end: whole.length - 1 });
    await new Promise((resolve) => setTimeout(resolve, 3 * IDLE_MS));
    expect(await drained(body)).toBe(whole.length);
  });

  it('that is given up frees its connection', async () => {
    answers = [(_, res) => res.writeHead(206, head).write(Buffer.alloc(50_000)), ok];
    const body = await store.read(key, range);
    const closed = once(server, 'connection');
    if (!Buffer.isBuffer(body)) body.destroy();
    await Promise.all([putSmall(), closed]); // On a connection of its own: the other had bytes left.
  });
});

describe('a completion', () => {
  const sealed = { offset: 5, state: JSON.stringify({ u: 'id', p: ['e'], s: 5 }), sealed: true };
  const failsLate =
    (code: string): Answer =>
    (_, res) =>
      res.writeHead(200).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  const completes: Answer = (_, res) =>
    res
      .writeHead(200)
      .end(
        '<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket><Key>k</Key><ETag>e</ETag></CompleteMultipartUploadResult>',
      );
  const hasSize =
    (size: number): Answer =>
    (_, res) =>
      res.writeHead(200, { 'Content-Length': size, ETag: '"e"', 'Last-Modified': new Date(0).toUTCString() }).end();

  it('that failed after its 200 is made again', async () => {
    answers = [failsLate('InternalError'), completes, hasSize(5)];
    await store.commit(key, sealed);
    expect(seen.slice(0, 3).map((line) => line.split(' ')[0])).toEqual(['POST', 'POST', 'HEAD']);
  });

  it('that failed after its 200 for good is none', async () => {
    answers = [failsLate('AccessDenied')];
    await expect(store.commit(key, sealed)).rejects.toThrow(StoreUnavailable);
  });

  it('of an upload that is gone counts where the object is there, in its size', async () => {
    answers = [fails(404, 'NoSuchUpload'), hasSize(5)];
    await store.commit(key, sealed);
    answers = [fails(404, 'NoSuchUpload'), hasSize(4)];
    await expect(store.commit(key, sealed)).rejects.toMatchObject({ expected: 5, actual: 4 });
    answers = [fails(404, 'NoSuchUpload'), fails(404, 'NotFound')];
    await expect(store.commit(key, sealed)).rejects.toThrow(BlobNotFound);
  });
});

it('shows no secret in what it throws', async () => {
  answers = [fails(403, 'AccessDenied')];
  const error = await store.read(key).catch((thrown: unknown) => thrown);
  const shown = JSON.stringify(error, Object.getOwnPropertyNames(error));
  expect(shown).not.toMatch(/SECRET|Signature=/);
});
