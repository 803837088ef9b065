import { type Digest, digestAlgorithm, digestEncoded, isDigest, isSupportedDigest } from './digest.js';
import { InternalError } from './errors.js';

// First byte of the stored form. A digest of an algorithm without a number is stored as its own text.
const TEXT = 0;
const NUMBERS: Record<string, number> = { sha256: 1, sha512: 2 };
const RAW: Record<number, { algorithm: string; bytes: number }> = {
  1: { algorithm: 'sha256', bytes: 32 },
  2: { algorithm: 'sha512', bytes: 64 },
};

/** The stored form: one byte for the algorithm and the raw bytes, 33 or 65 in all; one form for each digest. */
export function digestToBytes(digest: Digest): Buffer {
  const number = NUMBERS[digestAlgorithm(digest)] ?? TEXT;
  const content = number === TEXT ? Buffer.from(digest, 'utf8') : Buffer.from(digestEncoded(digest), 'hex');
  return Buffer.concat([Buffer.of(number), content]);
}

/**
 * The digest of a stored form.
 * @throws InternalError if the bytes are none that `digestToBytes` makes
 */
export function digestFromBytes(bytes: Uint8Array): Digest {
  const content = Buffer.from(
    bytes.buffer,
    bytes.byteOffset + Math.min(1, bytes.length),
    Math.max(0, bytes.length - 1),
  );
  const raw = RAW[bytes[0] ?? -1];
  if (raw && content.length === raw.bytes) return `${raw.algorithm}:${content.toString('hex')}` as Digest;
  const text = content.toString('utf8');
  if (bytes[0] === TEXT && isDigest(text) && !isSupportedDigest(text)) return text;
  throw new InternalError(`a stored digest of ${bytes.length} bytes is malformed`);
}
