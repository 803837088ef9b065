import { NameInvalid } from './errors.js';

/** The name of a repository, checked by `parseRepositoryName`. */
export type RepositoryName = string & { readonly __brand: 'RepositoryName' };

/** Characters. Many clients limit host and name together to 255 (distribution-spec, note on names). */
export const MAX_REPOSITORY_NAME_LENGTH = 255;

// distribution-spec, "Pulling manifests": <name> MUST match
// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*
// No two parts that follow each other can match the same character, so a mismatch is found in linear time.
const GRAMMAR = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/;

/** True for what `parseRepositoryName` accepts. */
export function isRepositoryName(text: string): text is RepositoryName {
  return text.length <= MAX_REPOSITORY_NAME_LENGTH && GRAMMAR.test(text);
}

/**
 * A name in the specification's grammar, at most 255 characters. It is never altered to fit.
 * @throws NameInvalid
 */
export function parseRepositoryName(text: string): RepositoryName {
  if (isRepositoryName(text)) return text;
  if (text.length > MAX_REPOSITORY_NAME_LENGTH) {
    throw new NameInvalid(`a repository name has at most ${MAX_REPOSITORY_NAME_LENGTH} characters`);
  }
  throw new NameInvalid(undefined, { detail: text });
}

/** The parts between the slashes; at least one. */
export function repositoryComponents(name: RepositoryName): string[] {
  return name.split('/');
}
