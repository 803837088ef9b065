import { InvalidBlobKey } from './blob-store.errors.js';

declare const brand: unique symbol;

/** Where an object's bytes live. Made by `blobKey` only, never from anything a client sent, and never used twice. */
export type BlobKey = string & { readonly [brand]: 'BlobKey' };

const OBJECT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{10}([0-9a-f]{2})$/;
const BLOB_KEY = /^blobs\/([0-9a-f]{2})\/([0-9a-f-]{36})$/;

/**
 * The key of an object: `blobs/<last two hex digits of the id>/<id>`. The last digits, since time-ordered ids begin alike.
 * @param objectId a UUID in lower case, as PostgreSQL prints it
 * @throws InvalidBlobKey for anything else
 */
export function blobKey(objectId: string): BlobKey {
  const fanOut = OBJECT_ID.exec(objectId)?.[1];
  if (fanOut === undefined) throw new InvalidBlobKey(objectId);
  return `blobs/${fanOut}/${objectId}` as BlobKey;
}

/** True for exactly the strings that `blobKey` can make. */
export function isBlobKey(value: unknown): value is BlobKey {
  if (typeof value !== 'string') return false;
  const [, fanOut, objectId] = BLOB_KEY.exec(value) ?? [];
  return objectId !== undefined && OBJECT_ID.exec(objectId)?.[1] === fanOut;
}

/**
 * The guard at an adapter's edge: types are gone at run time, and a key decides which file is written or removed.
 * @throws InvalidBlobKey
 */
export function assertBlobKey(value: unknown): asserts value is BlobKey {
  if (!isBlobKey(value)) throw new InvalidBlobKey(value);
}
