import { RE2JS, RE2JSException } from 're2js';

// Patterns come from users and run within pushes. RE2 takes time in proportion to the text whatever the pattern is, so
// that none of them can hold up the process. It has no look-around and no back references.

/** Characters; as in GitLab. */
export const MAX_PATTERN_LENGTH = 100;

/** Compiled patterns that are kept; the one used longest ago goes first. */
const MOST_COMPILED = 1_000;

// Tags that clients make beside an image: the index of its referrers, and what cosign signs with.
const COMPANION = /^(sha(?:256|512)-)[a-f0-9]+(?:\.(?:sig|att|sbom))?$/;

/** A control character, or half of a surrogate pair, which neither JSON in the database nor gRPC can hold. */
const UNSTORABLE = /[\p{Control}\p{Surrogate}]/u;

const compiled = new Map<string, RE2JS>();

/** What is wrong with a pattern, as a sentence; undefined for one that can be used. */
export function patternFault(pattern: string): string | undefined {
  if (pattern === '') return 'the pattern is empty';
  if ([...pattern].length > MAX_PATTERN_LENGTH) return `a pattern has at most ${MAX_PATTERN_LENGTH} characters`;
  if (UNSTORABLE.test(pattern)) return 'a pattern has no control characters';
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `${pattern} is no regular expression of RE2: ${error.message.replace(/^error parsing regexp: /, '')}`;
  }
}

/**
 * Whether a pattern is about a tag. It need not cover all of it: `v1` is also about `dev1`; `^` and `$` say where a tag
 * begins and ends.
 *
 * `sha256-<hex>`, also with `.sig`, `.att` or `.sbom`, names no release: clients rewrite such a tag whenever a signature is
 * added to what it stands for. A pattern is about those only if `sha256-` is written in it (`sha512-` likewise).
 */
export function matchesTag(pattern: string, tag: string): boolean {
  const [, start] = COMPANION.exec(tag) ?? [];
  if (start !== undefined && !pattern.includes(start)) return false;
  return compile(pattern).test(tag);
}

function compile(pattern: string): RE2JS {
  const expression = compiled.get(pattern) ?? RE2JS.compile(pattern);
  compiled.delete(pattern);
  compiled.set(pattern, expression);
  if (compiled.size > MOST_COMPILED) compiled.delete(compiled.keys().next().value as string);
  return expression;
}
