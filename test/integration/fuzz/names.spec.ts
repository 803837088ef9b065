import {
  DigestInvalid,
  isDigest,
  NameInvalid,
  OciError,
  parseDigest,
  parseReference,
  parseRepositoryName,
} from '@lading/oci';
import { accepted, fuzz } from './fuzz.js';

// The specification's grammars, written again in another way than the parsers.
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

it('NAME-01: a name is taken when the grammar has it, and never changed', () => {
  fuzz('names', ['a', 'b0', '/', '.', '_', '__', '-', 'A', '..', 'library'], (text) => {
    const name = accepted(NameInvalid, () => parseRepositoryName(text));
    if (name !== undefined) expect(name).toBe(text);
    const sane = text.length <= 255 && !/[\n]/.test(text);
    if (sane && name === undefined) expect(text).not.toMatch(NAME);
    if (name !== undefined) expect(text).toMatch(NAME);
  });
});

it('NAME-06: a digest is taken when the grammar has it, with the length of its algorithm', () => {
  const hex = 'a'.repeat(64);
  fuzz('digests', ['sha256', 'sha512', ':', hex, hex, 'blake3', '+', 'F', '=', 'md5'], (text) => {
    const digest = accepted(DigestInvalid, () => parseDigest(text));
    expect(isDigest(text)).toBe(digest !== undefined);
    if (digest === undefined) return;
    expect(text).toMatch(DIGEST);
    if (text.startsWith('sha256:')) expect(text).toMatch(/^sha256:[0-9a-f]{64}$/);
    if (text.startsWith('sha512:')) expect(text).toMatch(/^sha512:[0-9a-f]{128}$/);
  });
});

it('NAME-04, NAME-05: what has a colon is a digest or refused, everything else a tag or refused', () => {
  fuzz('references', ['v1', 'latest', 'sha256', '-', '.', '_', ':', 'a'.repeat(64), '+'], (text) => {
    for (const purpose of [undefined, 'write'] as const) {
      const reference = accepted(OciError, () => parseReference(text, purpose));
      if (reference === undefined) continue;
      expect(reference.kind).toBe(text.includes(':') ? 'digest' : 'tag');
      if (reference.kind === 'tag') expect(text).toMatch(TAG);
    }
  });
});
