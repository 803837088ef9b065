import { type Digest, digestFromBytes, digestToBytes, parseDigest } from '@lading/oci';

/** Digest as it stands in the database. */
export function toBytes(digest: string): Buffer {
  return digestToBytes(parseDigest(digest));
}

/** Digest as it stands in messages. */
export function fromBytes(bytes: Buffer): Digest {
  return digestFromBytes(bytes);
}
