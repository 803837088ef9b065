import { digestOf } from './content.js';
import type { Http } from './http.js';

type Algorithm = 'sha256' | 'sha512';

/** What one manifest says of another, or of a blob. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export function descriptorOf(bytes: Buffer | string, mediaType: string, algorithm: Algorithm = 'sha256'): Descriptor {
  return { mediaType, digest: digestOf(bytes, algorithm), size: Buffer.byteLength(bytes) };
}

/** Pushes a blob under its digest of this algorithm. @returns what names it */
export async function pushedBlob(
  http: Http,
  repository: string,
  bytes: Buffer | string,
  mediaType: string,
  algorithm: Algorithm = 'sha256',
): Promise<Descriptor> {
  const descriptor = descriptorOf(bytes, mediaType, algorithm);
  const path = `/v2/${repository}/blobs/uploads/?digest=${descriptor.digest}`;
  expect((await http.send('POST', path, { body: Buffer.from(bytes) })).status).toBe(201);
  return descriptor;
}
