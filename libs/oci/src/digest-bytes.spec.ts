import fc from 'fast-check';
import { digestOf, parseDigest } from './digest.js';
import { digestFromBytes, digestToBytes } from './digest-bytes.js';
import { InternalError } from './errors.js';

describe('the stored form of a digest', () => {
  it('is the number of the algorithm and the raw bytes', () => {
    const digest = parseDigest(`sha256:${'0f'.repeat(32)}`);
    expect(digestToBytes(digest)).toEqual(Buffer.concat([Buffer.of(1), Buffer.alloc(32, 0x0f)]));
    expect(digestToBytes(parseDigest(`sha512:${'a0'.repeat(64)}`))).toEqual(
      Buffer.concat([Buffer.of(2), Buffer.alloc(64, 0xa0)]),
    );
  });

  it('is the whole text for an algorithm without a number', () => {
    expect(digestToBytes(parseDigest('blake3:AbC='))).toEqual(Buffer.from('\0blake3:AbC='));
  });

  it('gives back every digest', () => {
    const supported = fc
      .tuple(fc.uint8Array(), fc.constantFrom('sha256' as const, 'sha512' as const))
      .map(([bytes, algorithm]) => digestOf(bytes, algorithm));
    const other = fc.stringMatching(/^[a-z]{1,5}:[a-zA-Z0-9=_-]{1,40}$/).map(parseDigest);
    fc.assert(
      fc.property(fc.oneof(supported, other), (digest) => {
        expect(digestFromBytes(digestToBytes(digest))).toBe(digest);
      }),
    );
  });

  it('is read from within a larger buffer', () => {
    const digest = digestOf(Buffer.from('x'));
    const padded = Buffer.concat([Buffer.alloc(7), digestToBytes(digest), Buffer.alloc(7)]);
    expect(digestFromBytes(padded.subarray(7, 40))).toBe(digest);
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['a number without an algorithm', Buffer.alloc(33, 3)],
    ['too few bytes', Buffer.concat([Buffer.of(1), Buffer.alloc(31)])],
    ['too many bytes', Buffer.concat([Buffer.of(2), Buffer.alloc(65)])],
    ['a text that is no digest', Buffer.from('\0nothing')],
    ['a second form of a sha256 digest', Buffer.from(`\0sha256:${'0'.repeat(64)}`)],
  ])('does not make a digest of %s', (_case, bytes) => {
    expect(() => digestFromBytes(bytes)).toThrow(InternalError);
  });
});
