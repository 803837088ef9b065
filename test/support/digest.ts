import { createHash } from 'node:crypto';

/** `sha256:<hex>` of some bytes. */
export function digestOf(bytes: Buffer): string {
  return digestBy('sha256', bytes);
}

/** The same with another algorithm that Node knows. */
export function digestBy(algorithm: string, bytes: Buffer): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
