import { createCipheriv, createHash } from 'node:crypto';

/** Bytes that neither compress nor repeat (an AES-CTR keystream), and are the same for the same seed. */
export function seededBytes(length: number, seed: string): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
