import fc from 'fast-check';
import { DigestInvalid, ManifestInvalid, ManifestUnknown } from './errors.js';
import { parseReference } from './reference.js';
import { isFallbackTag, isTag } from './tag.js';

const HEX = 'ab'.repeat(32);

describe('a reference', () => {
  it.each(['latest', 'V1.0_a-b', '_', '1', 'a'.repeat(128), `sha256-${HEX}`, `sha256-${HEX}.sig`])(
    'takes %s for a tag',
    (text) => {
      expect(parseReference(text)).toEqual({ kind: 'tag', tag: text });
    },
  );

  it('takes a text with a colon for a digest', () => {
    expect(parseReference(`sha256:${HEX}`)).toEqual({ kind: 'digest', digest: `sha256:${HEX}` });
  });

  it.each(['read', 'write'] as const)('never takes a malformed digest for a tag on %s', (purpose) => {
    expect(() => parseReference('sha256:x', purpose)).toThrow(DigestInvalid);
  });

  it.each(['', '.a', '-a', 'a+b', 'a/b', 'a b', 'a%2Fb', 'ä', 'a'.repeat(129), 'a\n'])(
    'answers a bad tag %j with "unknown" to who reads and with "invalid" to who writes',
    (text) => {
      expect(() => parseReference(text)).toThrow(ManifestUnknown);
      expect(() => parseReference(text, 'write')).toThrow(ManifestInvalid);
    },
  );

  it('accepts every tag of the grammar, and none with a foreign character', () => {
    const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,100}$/);
    fc.assert(
      fc.property(tag, fc.constantFrom('+', '/', ' ', '\n', '~', 'é'), fc.nat(), (text, char, seed) => {
        const at = seed % (text.length + 1);
        expect(isTag(text)).toBe(true);
        expect(isTag(text.slice(0, at) + char + text.slice(at))).toBe(false);
      }),
    );
  });

  it('knows the tags under which old clients keep referrers', () => {
    expect([`sha256-${HEX}`, `sha512-${HEX}`].map(isFallbackTag)).toEqual([true, true]);
    const others = ['release-2024', `sha256-${HEX}.sig`, `sha256-${HEX.slice(1)}`, `v-${HEX}`, `sha256-${HEX}0`];
    expect(others.map(isFallbackTag)).toEqual([false, false, false, false, false]);
  });
});
