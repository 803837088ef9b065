import fc from 'fast-check';
import { NameInvalid } from './errors.js';
import {
  isRepositoryName,
  MAX_REPOSITORY_NAME_LENGTH,
  parseRepositoryName,
  repositoryComponents,
} from './repository-name.js';

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const separator = fc.constantFrom('.', '_', '__', '-', '--', '----');
const component = fc
  .array(fc.tuple(separator, word), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map(([before, text], at) => (at === 0 ? text : before + text)).join(''));
const name = fc
  .array(component, { minLength: 1, maxLength: 5 })
  .map((components) => components.join('/'))
  .filter((text) => text.length <= MAX_REPOSITORY_NAME_LENGTH);

describe('a repository name', () => {
  it.each([
    'a',
    '0',
    'a__b',
    'a--b',
    'a---------b',
    'a.b',
    'a-b/c_d',
    'a/b/c/d/e/f/g/h/i/j/k/l',
    'manifests/tags/list',
  ])('accepts %s', (text) => {
    expect(parseRepositoryName(text)).toBe(text);
  });

  it.each([
    ...[
      '',
      'A',
      'a..b',
      'a___b',
      'a._b',
      'a-_b',
      '-a',
      'a-',
      '_a',
      'a_',
      '.',
      '..',
      'a/../b',
      'a/.',
      'a//b',
      '/a',
      'a/',
    ],
    ...['a/_catalog', 'a b', 'a%2Fb', 'a:b', 'a@b', 'ä', 'a\n', 'a\0'],
  ])('refuses %j', (text) => {
    expect(() => parseRepositoryName(text)).toThrow(NameInvalid);
  });

  it('accepts 255 characters and refuses 256', () => {
    expect(isRepositoryName('a'.repeat(255))).toBe(true);
    expect(() => parseRepositoryName('a'.repeat(256))).toThrow('at most 255 characters');
  });

  it('accepts every name of the grammar and gives its components', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(repositoryComponents(parseRepositoryName(text)).join('/')).toBe(text);
      }),
    );
  });

  it('refuses a name of the grammar with one thing changed for the worse', () => {
    const insertions = ['A', '/-', '-/', '//', '..', '___', '._', ' ', '%2e', '\n', '\\', 'é', '~', '+', ':', '@'];
    fc.assert(
      fc.property(name, fc.constantFrom(...insertions), fc.nat(), (text, change, seed) => {
        const at = seed % (text.length + 1);
        expect(isRepositoryName(text.slice(0, at) + change + text.slice(at))).toBe(false);
      }),
    );
  });

  it('refuses any text that an independent reading of the grammar refuses', () => {
    const near = fc.string({ unit: fc.constantFrom('a', '0', '.', '_', '-', '/', 'A'), maxLength: 12 });
    fc.assert(
      fc.property(near, (text) => {
        expect(isRepositoryName(text)).toBe(text.split('/').every(isComponent));
      }),
      { numRuns: 2000 },
    );
  });
});

/** Words joined by one dot, one or two underscores, or any number of dashes. */
function isComponent(text: string): boolean {
  const separators = text.split(/[a-z0-9]+/);
  const ends = [separators[0], separators.at(-1)];
  const between = separators.slice(1, -1);
  return (
    separators.length > 1 &&
    ends.every((end) => end === '') &&
    between.every((text) => ['.', '_', '__'].includes(text) || [...text].every((char) => char === '-'))
  );
}
