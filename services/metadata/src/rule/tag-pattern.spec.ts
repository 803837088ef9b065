import { matchesTag, patternFault } from './tag-pattern.js';

const HEX = 'a'.repeat(64);

describe('a pattern', () => {
  it.each([
    ['v1', 'dev1', true],
    ['^v1', 'dev1', false],
    ['^v1$', 'v1.0', false],
    ['^v\\d+\\.\\d+$', 'v1.20', true],
    ['.*', 'latest', true],
    ['(?i)^RELEASE', 'release-2024', true],
    ['^RELEASE', 'release-2024', false],
    ['^(?:stable|v[0-9].*)$', 'v2-rc1', true],
    ['^(?:stable|v[0-9].*)$', 'unstable', false],
  ])('%s matches anywhere in a tag unless it says otherwise: %s is %s', (pattern, tag, is) => {
    expect(matchesTag(pattern, tag)).toBe(is);
  });

  it.each([`sha256-${HEX}`, `sha256-${HEX}.sig`, `sha256-${HEX}.att`, `sha256-${HEX}.sbom`, `sha512-${HEX}`])(
    'is about %s only if it names it literally',
    (tag) => {
      const start = tag.slice(0, 'sha256-'.length);
      for (const pattern of ['.*', 'a', '^sha', '^sha\\d+-', '(?i)^SHA256-'])
        expect(matchesTag(pattern, tag)).toBe(false);
      for (const pattern of [`^${start}`, `${start}.*$`, `^${tag}$`]) expect(matchesTag(pattern, tag)).toBe(true);
    },
  );

  it('is about tags that only look like these', () => {
    for (const tag of ['sha256-release', `sha256-${HEX}.txt`, `sha1-${HEX}`]) expect(matchesTag('.*', tag)).toBe(true);
  });

  it('takes time in proportion to the tag, whatever it is', () => {
    const tag = 'a'.repeat(128);
    for (const pattern of ['^(a+)+$b', '(a*)*b', '^(a|aa)+$c', '(?:a?){900}a{90}b']) {
      expect(patternFault(pattern)).toBeUndefined();
      expect(matchesTag(pattern, tag)).toBe(false);
    }
  });

  it('goes on matching when more are in use than are kept compiled', () => {
    const patterns = Array.from({ length: 1_500 }, (_, n) => `^v${n}$`);
    for (const pass of [1, 2])
      expect([pass, patterns.filter((pattern) => matchesTag(pattern, 'v7'))]).toEqual([pass, ['^v7$']]);
  });
});

describe('a pattern that cannot be used', () => {
  it.each([
    ['', 'the pattern is empty'],
    ['a'.repeat(101), 'a pattern has at most 100 characters'],
    ['v\u0000', 'a pattern has no control characters'],
    ['v\ud800', 'a pattern has no control characters'],
    ['v\n', 'a pattern has no control characters'],
    ['(?!latest)', '(?!latest) is no regular expression of RE2: invalid or unsupported Perl syntax: `(?!`'],
    ['(a)\\1', '(a)\\1 is no regular expression of RE2: invalid escape sequence: `\\1`'],
    ['[', '[ is no regular expression of RE2: missing closing ]: `[`'],
    ['((a{100}){100}){100}', '((a{100}){100}){100} is no regular expression of RE2: invalid repeat count: `{100}`'],
  ])('%j: %s', (pattern, fault) => {
    expect(patternFault(pattern)).toBe(fault);
  });

  it.each(['a'.repeat(100), '😀'.repeat(100), '^v\\d+', '*'.padStart(2, '.')])('is not %j', (pattern) => {
    expect(patternFault(pattern)).toBeUndefined();
  });
});
