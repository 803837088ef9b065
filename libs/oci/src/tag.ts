import { ManifestInvalid } from './errors.js';

/** The name of a tag, checked by `parseTag`; upper and lower case differ. */
export type Tag = string & { readonly __brand: 'Tag' };

/** Characters. */
export const MAX_TAG_LENGTH = 128;

// distribution-spec, "Pulling manifests": <reference> as a tag MUST be at most 128 characters and match
// [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
const GRAMMAR = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

// distribution-spec, "Referrers Tag Schema": the digest with ":" replaced by "-" and its encoded part cut to 64
// characters. Only these two algorithms: a looser form would also take tags that people choose (release-2024).
const FALLBACK = /^sha(?:256|512)-[a-f0-9]{64}$/;

/** True for what `parseTag` accepts. */
export function isTag(text: string): text is Tag {
  return GRAMMAR.test(text);
}

/**
 * A tag that is about to be written. For one that is read see `parseReference`.
 * @throws ManifestInvalid
 */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text;
  throw new ManifestInvalid('a tag has 1 to 128 letters, digits, ".", "_" or "-" and begins with none of "." and "-"', {
    detail: text.slice(0, MAX_TAG_LENGTH),
  });
}

/** True for a tag under which clients without the referrers API keep the index of a subject's referrers. */
export function isFallbackTag(tag: string): boolean {
  return FALLBACK.test(tag);
}
