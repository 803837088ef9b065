import { join } from 'node:path';
import { papersIn, rulesCitedIn, rulesIn, textsOf } from './rules.mjs';

const PAGE = 'docs/rules.md';
const texts = textsOf(join(__dirname, '..'));

describe('the rules of docs/rules.md', () => {
  const defined = rulesIn(texts.find(({ file }) => file === PAGE)?.text ?? '');
  const cited = texts
    .filter(({ file }) => file !== PAGE)
    .flatMap(({ file, text }) => rulesCitedIn(text).map((name) => ({ name, file })));

  it('are defined once, and are all that is cited', () => {
    expect(defined.length).toBeGreaterThan(10);
    expect(new Set(defined).size).toBe(defined.length);
    expect(cited.filter(({ name }) => !defined.includes(name))).toEqual([]);
  });

  it('are each cited somewhere', () => {
    const names = new Set(cited.map(({ name }) => name));
    expect(defined.filter((name) => !names.has(name))).toEqual([]);
  });
});

it('no file leans on a paper that is not in the repository', () => {
  const found = texts.flatMap(({ file, text }) => papersIn(text).map((paper) => `${file}: ${paper}`));
  expect(found).toEqual([]);
});

describe('what a text cites', () => {
  it.each([
    ['goes first (T7), and T12 after', ['T7', 'T12']],
    ['2026-01-02T10:00:00Z, T-1, UTF-8, AT1 and T100', []],
  ])('%s', (text, names) => {
    expect(rulesCitedIn(text)).toEqual(names);
  });

  it.each([
    ['(DESIGN 4, 6) and DESIGN T9', ['DESIGN 4', 'DESIGN T9']],
    ['`reference/stack.md` section 4', ['reference/stack.md']],
    ['gc-events.md 2.5', ['gc-events']],
    ['docs/rules.md, by design 4 of them, a reference/name', []],
  ])('of papers: %s', (text, papers) => {
    expect(papersIn(text)).toEqual(papers);
  });
});
