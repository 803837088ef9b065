import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../libs/platform/src/index.js';
import { allTests } from './all-tests.mjs';
import { limitKeysIn, limitsIn } from './limits.mjs';
import { faultsOf } from './requirements.mjs';

const root = join(__dirname, '..');
const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
const limits = limitsIn(page);
const keys = limits.map(({ key }) => key);
const tests = allTests(root);

describe('the limits of docs/configuration.md', () => {
  it('are each named by a test, and tests name no others', () => {
    const named = tests.flatMap(({ name, where }) => limitKeysIn(name).map((word) => ({ word, where })));
    expect(faultsOf(named, { demanded: keys, waiting: [], known: [] })).toEqual([]);
  });

  it('are each named by a test that does not only run at night', () => {
    const daily = new Set(tests.filter(({ night }) => !night).flatMap(({ name }) => limitKeysIn(name)));
    expect(keys.filter((key) => !daily.has(key))).toEqual([]);
  });

  it('are listed once, and all of them are read', () => {
    expect(new Set(keys).size).toBe(keys.length);
    expect(page.match(/^\| `[a-z]+-/gm)).toHaveLength(keys.length);
  });

  it('are changed by settings that exist, and have the values that these have', () => {
    const known = new Map(
      Object.values(settings).flatMap((group) => Object.values(group).map((one) => [one.env, one])),
    );
    const spelt = (text = '') => text.replaceAll(/[ ,]/g, '').replace('min', 'm');
    const changed = limits.flatMap(({ settings: names, most }) => names.map((name) => ({ name, most })));
    expect(changed.length).toBeGreaterThanOrEqual(5);
    for (const { name, most } of changed) expect([name, spelt(most)]).toEqual([name, spelt(known.get(name)?.default)]);
  });
});

describe('a table of limits', () => {
  const example = [
    '| `not-yet` | a | 1 | b | |',
    '## Limits',
    '| limit | of what | most | beyond it | changed by |',
    '|---|---|---|---|---|',
    '| `a-b` | things | 10,000 | 400 `X`, and more | |',
    '| `c-d` | other things | 4 MiB | nothing | `LADING_C`, from 1 to 2 |',
    '## Next',
    '| `no-more` | a | 1 | b | |',
  ].join('\n');

  it('is read row by row, below its heading and no further', () => {
    expect(limitsIn(`\n${example}`)).toEqual([
      { key: 'a-b', of: 'things', most: '10,000', beyond: '400 `X`, and more', settings: [] },
      { key: 'c-d', of: 'other things', most: '4 MiB', beyond: 'nothing', settings: ['LADING_C'] },
    ]);
  });

  it('is named by keys, and by no sentence about a limit', () => {
    expect(limitKeysIn('MAN-24: JSON limit json-depth, limit json-parts: is refused beyond')).toEqual([
      'json-depth',
      'json-parts',
    ]);
    expect(limitKeysIn('has as many parts as the limit and no more')).toEqual([]);
  });
});
