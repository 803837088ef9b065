import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allTests } from './all-tests.mjs';
import { faultsOf, idsIn, threadsIn } from './requirements.mjs';
import { testNames } from './test-names.mjs';

const root = join(__dirname, '..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const json = (path: string) => JSON.parse(text(path));
const words = (line: string): string[] => line.split(' ');

const tests = allTests(root);
const named = (find: (name: string) => string[]) =>
  tests.flatMap(({ name, where }) => find(name).map((word) => ({ word, where })));
const daily = (find: (name: string) => string[]) =>
  new Set(tests.filter(({ night }) => !night).flatMap(({ name }) => find(name)));

describe('the requirements of the protocol', () => {
  const { M, C, decisions, waiting, known } = json('test/protocol/ids.json');
  const later = waiting.flatMap(({ ids }: { ids: object }) => Object.keys(ids));
  const demanded = [M, C, decisions].flatMap(Object.keys);

  it('are each named by a test, and tests name no others', () => {
    const lists = { demanded, waiting: later, known: Object.values<string>(known).flatMap(words) };
    expect(faultsOf(named(idsIn), lists)).toEqual([]);
  });

  it('are named by a test that does not only run at night', () => {
    const found = daily(idsIn);
    expect(demanded.filter((id) => !found.has(id))).toEqual([]);
  });

  it('are all there: 232 that must be met, and 20 decisions', () => {
    const counted = (id: string) => !id.startsWith('D-');
    expect([...demanded, ...later].filter(counted)).toHaveLength(232);
    expect([...demanded, ...later]).toHaveLength(252);
    expect(new Set([...demanded, ...later]).size).toBe(252);
  });
});

describe('the faults that other registries had', () => {
  const { rows } = json('test/protocol/regressions.json') as { rows: { threads: string; waits?: string }[] };
  const threads = (wanted: boolean) =>
    rows.filter(({ waits }) => (waits !== undefined) === wanted).flatMap((row) => threadsIn(row.threads));

  it('are each named by a test, and tests name no others', () => {
    const lists = { demanded: threads(false), waiting: threads(true), known: [] };
    expect(faultsOf(named(threadsIn), lists)).toEqual([]);
  });

  it('are named by a test that does not only run at night', () => {
    const found = daily(threadsIn);
    expect(threads(false).filter((thread) => !found.has(thread))).toEqual([]);
  });

  it('are all there: 89 threads in 51 rows', () => {
    expect(rows).toHaveLength(51);
    expect(new Set([...threads(false), ...threads(true)]).size).toBe(89);
  });
});

describe('the names of tests', () => {
  const namesIn = (source: string) => testNames(source).map(({ name }) => name);

  it('are those of it, test and describe, with their tables and templates', () => {
    const source = `
      describe('a group', () => {
        it('one', () => { expect(it).not.toBe('a name'); });
        it.each([['x', 'it(no test)']])('two of %s', () => {});
        for (const n of [1]) test(\`three \${n} times\`, async () => {}, 1000);
      });
      describe.each([1])('many', () => { it.each\`a\`('four', () => {}); });
    `;
    expect(namesIn(source)).toEqual(['a group one', 'a group two of %s', 'a group three ... times', 'many four']);
  });

  it('are not those of skipped tests, nor of a group without a test', () => {
    const source = `
      it.skip('a', () => {}); xit('b', () => {}); it.todo('c'); describe('d', () => {});
      describe.skip('e', () => { it('f', () => {}); }); xdescribe('g', () => { it('h', () => {}); });
      it.only('i', () => {});
    `;
    expect(namesIn(source)).toEqual(['i']);
  });

  it('tell which tests run at night only, or where some program is', () => {
    const source = `if (process.env.LADING_NIGHT) it('a', () => {}); else it('b', () => {}); if (x) it('c', () => {});`;
    const conditional = `describeWith(['p'], 'd', () => { it('e', () => {}); });`;
    expect(testNames(source + conditional).map(({ name, night }) => [name, night])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
      ['d e', true],
    ]);
  });

  it('name requirements and threads, and no other words that look alike', () => {
    expect(idsIn('UPL-14, CL-DKR-01: of UTF-8 and SHA-256 (D-02), HTTP-7 and sha256-00')).toEqual([
      'UPL-14',
      'CL-DKR-01',
      'D-02',
    ]);
    expect(threadsIn('regression a/b#1, #22, c.d/e-f#3: of g#4')).toEqual(['a/b#1', 'a/b#22', 'c.d/e-f#3']);
  });

  it('are at fault each way', () => {
    const where = 'a.spec.ts';
    const at = (...found: string[]) => found.map((word) => ({ word, where }));
    const lists = { demanded: ['A-01', 'A-02'], waiting: ['A-03'], known: ['A-04'] };
    expect(faultsOf(at('A-01', 'A-02', 'A-04'), lists)).toEqual([]);
    expect(faultsOf(at('A-02', 'A-03', 'A-05'), lists)).toEqual([
      'A-01 is named by no test',
      'A-03 waits, and a.spec.ts names it',
      'A-05 is unknown, and a.spec.ts names it',
    ]);
  });
});
