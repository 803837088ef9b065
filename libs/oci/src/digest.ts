import { createHash } from 'node:crypto';
import { DigestInvalid } from './errors.js';

/** `algorithm:encoded`, checked by `parseDigest`; for sha256 and sha512 with exactly their lowercase hex. */
export type Digest = string & { readonly __brand: 'Digest' };

/** The algorithms whose content can be verified, and so pushed. */
export type DigestAlgorithm = 'sha256' | 'sha512';

/** Characters. sha512 needs 135; the rest is room for algorithms registered later. */
export const MAX_DIGEST_LENGTH = 255;

// image-spec, descriptor.md: digest ::= algorithm ":" encoded;
// algorithm ::= component (("+" | "." | "_" | "-") component)*; component ::= [a-z0-9]+; encoded ::= [a-zA-Z0-9=_-]+
const GRAMMAR = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;
const SHA256 = /^sha256:[a-f0-9]{64}$/;
const SHA512 = /^sha512:[a-f0-9]{128}$/;

/** True for what `parseDigest` accepts. */
export function isDigest(text: string): text is Digest {
  if (text.length > MAX_DIGEST_LENGTH) return false;
  if (text.startsWith('sha256:')) return SHA256.test(text);
  if (text.startsWith('sha512:')) return SHA512.test(text);
  return GRAMMAR.test(text);
}

/**
 * A well-formed digest, also of an algorithm that is not supported (see `isSupportedDigest`): such a digest can be
 * asked for and is then absent, but nothing can be pushed under it.
 * @throws DigestInvalid
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new DigestInvalid('not a digest: expected algorithm:encoded, such as sha256 and 64 lowercase hex digits', {
    detail: text.slice(0, MAX_DIGEST_LENGTH),
  });
}

/** The part before the colon. */
export function digestAlgorithm(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** The part after the colon. */
export function digestEncoded(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** True if content can be verified against this digest. */
export function isSupportedDigest(digest: Digest): boolean {
  return isSupportedAlgorithm(digestAlgorithm(digest));
}

/** True for an algorithm whose content can be verified. */
export function isSupportedAlgorithm(algorithm: string): algorithm is DigestAlgorithm {
  return algorithm === 'sha256' || algorithm === 'sha512';
}

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}
