import { randomUUID } from 'node:crypto';
import { type BlobKey, blobKey } from '../blob-key.js';
import { BLOB_START, type BlobBody, type BlobRange, type BlobStore } from '../blob-store.port.js';

/** The store of the test that runs. */
export type Store = () => BlobStore;
export type Read = (key: BlobKey, range?: BlobRange) => Promise<Buffer>;

export const newKey = (): BlobKey => blobKey(randomUUID());

export async function bytesOf(body: BlobBody): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A whole object, committed. */
export async function put(store: BlobStore, key: BlobKey, bytes: Uint8Array): Promise<void> {
  await store.begin(key);
  const writer = await store.append(key, BLOB_START);
  await writer.write([bytes]);
  await store.commit(key, await writer.seal());
}

export async function keysOf(store: BlobStore, after?: BlobKey): Promise<BlobKey[]> {
  const keys: BlobKey[] = [];
  for await (const { key } of store.list(after)) keys.push(key);
  return keys;
}
