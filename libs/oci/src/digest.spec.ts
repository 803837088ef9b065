import fc from 'fast-check';
import {
  type Digest,
  digestAlgorithm,
  digestEncoded,
  digestOf,
  isDigest,
  isSupportedDigest,
  MAX_DIGEST_LENGTH,
  parseDigest,
} from './digest.js';
import { DigestInvalid } from './errors.js';

const HEX = 'abcdef0123456789';
const SHA256 = `sha256:${HEX.repeat(4)}`;
const SHA512 = `sha512:${HEX.repeat(8)}`;

const component = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const algorithm = fc
  .array(fc.tuple(component, fc.constantFrom('+', '.', '_', '-')), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([name, separator], at) => (at === 0 ? name : separator + name)).join(''))
  .filter((name) => name !== 'sha256' && name !== 'sha512');
const encoded = fc.stringMatching(/^[a-zA-Z0-9=_-]{1,64}$/);

describe('a digest', () => {
  it.each([SHA256, SHA512, 'blake3:AbC=_-', 'sha256+b64u:abc', 'a.b-c_d+e:0'])('accepts %s', (text) => {
    expect(parseDigest(text)).toBe(text);
  });

  it.each([
    ['empty', ''],
    ['without a colon', 'sha256'],
    ['without an encoded part', 'sha256:'],
    ['without an algorithm', `:${HEX}`],
    ['of sha256 with a digit too few', SHA256.slice(0, -1)],
    ['of sha256 with a digit too many', `${SHA256}0`],
    ['of sha256 in upper case', SHA256.toUpperCase().replace('SHA256', 'sha256')],
    ['of sha512 with the length of sha256', `sha512:${HEX.repeat(4)}`],
    ['with an upper case algorithm', `SHA256:${HEX.repeat(4)}`],
    ['with the words of the conformance suite', 'sha256:baddigeststring'],
    ['with two separators in a row', 'a..b:0'],
    ['ending its algorithm with a separator', 'a+:0'],
    ['with two colons', 'a:b:c'],
    ['with a slash', 'a:b/c'],
    ['with a line feed at the end', `${SHA256}\n`],
    ['longer than the limit', `a:${'0'.repeat(MAX_DIGEST_LENGTH - 1)}`],
  ])('refuses one %s', (_case, text) => {
    expect(() => parseDigest(text)).toThrow(DigestInvalid);
  });

  it('accepts the longest that is allowed', () => {
    expect(isDigest(`a:${'0'.repeat(MAX_DIGEST_LENGTH - 2)}`)).toBe(true);
  });

  it('accepts every text of the grammar in an algorithm it does not know, without supporting it', () => {
    fc.assert(
      fc.property(algorithm, encoded, (name, content) => {
        const digest = parseDigest(`${name}:${content}`);
        expect(isSupportedDigest(digest)).toBe(false);
        expect([digestAlgorithm(digest), digestEncoded(digest)]).toEqual([name, content]);
      }),
    );
  });

  it('refuses a text with one character from outside the grammar', () => {
    const foreign = fc.constantFrom(' ', '/', '%', '@', '\n', '\0', 'ä', '"', ':');
    fc.assert(
      fc.property(algorithm, encoded, foreign, fc.nat(), (name, content, char, seed) => {
        const text = `${name}:${content}`;
        const at = seed % (text.length + 1);
        expect(isDigest(text.slice(0, at) + char + text.slice(at))).toBe(false);
      }),
    );
  });

  it('names well-known content as everybody does', () => {
    expect(digestOf(Buffer.from('{}'))).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
    expect(digestOf(Buffer.alloc(0))).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(digestOf(Buffer.alloc(0), 'sha512')).toMatch(/^sha512:cf83e1357eefb8bd[a-f0-9]{112}$/);
  });

  it('supports sha256 and sha512', () => {
    expect([SHA256, SHA512].map((text) => isSupportedDigest(text as Digest))).toEqual([true, true]);
  });
});
