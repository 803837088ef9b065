import { type Digest, DigestInvalid, isSupportedDigest, parseDigest } from '@lading/oci';

/** @throws DigestInvalid for a missing, malformed or unsupported digest; the session is kept (UPL-31). */
export function supportedDigest(text: string | null): Digest {
  if (text === null) throw new DigestInvalid('the parameter digest is missing');
  const digest = parseDigest(text);
  if (isSupportedDigest(digest)) return digest;
  throw new DigestInvalid('the algorithm of the digest is not supported', { detail: text });
}
