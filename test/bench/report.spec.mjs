import { benchmarksPage } from './report/benchmarks-page.mjs';
import { figure, figuresByName, figureWithSpread } from './report/format.mjs';
import { overlaps, ratio } from './report/ratio.mjs';
import { median, percentile, spread } from './report/statistics.mjs';
import { summarize } from './report/summary.mjs';
import { markdownTable, notes, plainTable, tableCells } from './report/table.mjs';
import { worseThan } from './report/worse-than.mjs';

const even = (value) => ({ median: value, min: value, max: value });
const row = (subject, peer, rest = {}) => ({
  name: 'row',
  unit: '/s',
  better: 'higher',
  cpuPer: '10k',
  servers: [
    { server: 'ours', value: even(100), ...subject },
    { server: 'peer', value: even(100), ...peer },
  ],
  ...rest,
});
const report = (rows) => ({
  date: '2026-01-02T03:04:05.000Z',
  seed: 's',
  rounds: 5,
  quick: false,
  rows,
  machine: { cores: 2, cpu: 'a cpu', memoryGb: 8, kernel: '6.1.0-28-amd64', node: '20' },
  servers: [
    { name: 'ours', description: 'one.' },
    { name: 'peer', description: 'two.' },
  ],
});

describe('statistics', () => {
  test('a percentile is the nearest rank, whatever the order of the values', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  test('numbers are sorted as numbers', () => {
    expect(percentile([10, 9, 100], 1)).toBe(100);
    expect(median([10, 9, 100])).toBe(10);
  });

  test('a median of an even count is between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });
});

describe('summary', () => {
  const sample = (value, work, seconds, peakMb) => ({
    value,
    work,
    latencies: [1, 2, 3],
    observation: {
      cpu: { node: seconds, postgres: 1 },
      load: value,
      othersCores: 0,
      generatorCpu: 1,
      memory: [
        { pid: 1, name: 'node', peakMb, pssMb: 10 },
        { pid: 2, name: 'postgres', peakMb: 5, pssMb: 1 },
      ],
    },
  });

  test('divides CPU by the work of its own round and takes the highest peak', () => {
    const summary = summarize('ours', [sample(1, 1, 2, 50), sample(2, 2, 8, 70), sample(3, 1, 2, 60)]);
    expect(summary.cpu).toEqual({ median: 3, min: 3, max: 4.5 });
    expect(summary.cpuBy).toEqual({ node: 2, postgres: 1 });
    expect(summary.peakMb).toEqual({ node: 70, postgres: 5 });
    expect(summary).toMatchObject({ value: { median: 2, min: 1, max: 3 }, p50: 2, p99: 3, pssMb: 11, load: 3 });
  });

  test('has no CPU for a server whose processes are not ours', () => {
    expect(summarize('foreign', [{ value: 1 }])).toEqual({ server: 'foreign', value: even(1) });
  });
});

describe('ratio', () => {
  test('is above 1 when the subject is ahead, in both directions of the unit', () => {
    expect(ratio(300, 100, 'higher')).toBe(3);
    expect(ratio(50, 100, 'lower')).toBe(2);
  });

  test('ranges overlap when they share a point', () => {
    expect(overlaps({ median: 1, min: 0, max: 2 }, { median: 3, min: 2, max: 4 })).toBe(true);
    expect(overlaps({ median: 1, min: 0, max: 2 }, { median: 3, min: 2.1, max: 4 })).toBe(false);
  });
});

describe('figures', () => {
  test.each([
    [12_940, '12.9k'],
    [1540, '1.54k'],
    [999.9, '1.00k'],
    [787, '787'],
    [12.34, '12.3'],
    [0.614, '0.61'],
    [0, '0.00'],
    [0.004, '0.0040'],
    [Number.NaN, '-'],
    [undefined, '-'],
    [Number.POSITIVE_INFINITY, '-'],
  ])('%p is written %p', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  test('a spread is shown only when there is one', () => {
    expect(figureWithSpread({ median: 2, min: 1, max: 3 })).toBe('2.00 (1.00-3.00)');
    expect(figureWithSpread(even(2))).toBe('2.00');
  });

  test('processes stand in the order of what they take', () => {
    expect(figuresByName({ postgres: 1, node: 2 })).toBe('node 2.00, postgres 1.00');
  });
});

describe('table', () => {
  test('the ratio stands in the line of the peer', () => {
    const [headings, ours, peer] = tableCells([row({ value: even(300), cpu: even(1) }, { cpu: even(4) })]);
    const column = headings.indexOf('ratio');
    expect([ours[column], peer[column]]).toEqual(['', '3.00']);
    expect(peer[headings.indexOf('CPU ratio')]).toBe('4.00');
  });

  test('a bar in a cell does not break the row', () => {
    expect(markdownTable([['a'], ['x|y']])).toBe('| a |\n| --- |\n| x\\|y |');
  });

  test('columns of the terminal are padded to the widest cell', () => {
    expect(
      plainTable([
        ['a', 'b'],
        ['long', 'c'],
      ]),
    ).toBe('a     b\nlong  c');
  });

  test('notes name row and server', () => {
    expect(notes([row({}, { note: 'answers 300 tags' })])).toEqual(['row, peer: answers 300 tags.']);
  });
});

describe('worse than the peer', () => {
  test('is empty when nothing is behind, and equal is not behind', () => {
    expect(worseThan([row({ cpu: even(1), pssMb: 5 }, { cpu: even(1), pssMb: 5 })])).toEqual([]);
  });

  test('lists the value and the CPU of a row, and memory at the end', () => {
    expect(worseThan([row({ value: even(50), cpu: even(4), pssMb: 200 }, { cpu: even(1), pssMb: 20 })])).toEqual([
      'row: 50.0 against 100 /s of peer (0.50 times).',
      'row, CPU: 4.00 against 1.00 CPU s per 10k of peer (0.25 times).',
      'Memory after the row, MB PSS against peer: row 200 against 20.0.',
    ]);
  });

  test('what is shown as 1.00 times is equal', () => {
    expect(worseThan([row({ value: even(99.6), pssMb: 100.4 }, { pssMb: 100 })])).toEqual([]);
    expect(worseThan([row({ value: even(99.4), pssMb: 100.6 }, { pssMb: 100 })])).toHaveLength(2);
  });

  test('a larger figure is behind where lower is better', () => {
    const start = row({ value: even(900) }, { value: even(20) }, { better: 'lower', unit: 'ms' });
    expect(worseThan([start])).toEqual(['row: 900 against 20.0 ms of peer (0.02 times).']);
  });

  test('says when the rounds overlap', () => {
    const [line] = worseThan([row({ value: { median: 90, min: 80, max: 110 } }, {})]);
    expect(line).toBe('row: 90.0 against 100 /s of peer (0.90 times; the rounds of the two overlap).');
  });

  test('compares with every other server', () => {
    const three = row({ value: even(50) }, {});
    three.servers.push({ server: 'third', value: even(60) });
    expect(worseThan([three])).toHaveLength(2);
  });
});

describe('page', () => {
  test('keeps what was written by hand when it is made again', () => {
    const first = benchmarksPage(report([row({}, {})]));
    const edited = first.replace('\nNothing yet.\n', '\nThe profile says why.\n');
    const second = benchmarksPage(report([row({ value: even(7) }, {})]), edited);
    expect(second).toContain('\nThe profile says why.\n');
    expect(second).toContain('- row: 7.00 against 100 /s of peer');
    expect(benchmarksPage(report([row({ value: even(7) }, {})]), second)).toBe(second);
  });

  test('says that no row is behind', () => {
    expect(benchmarksPage(report([row({}, {})]))).toContain('## Worse than the peer\n\nNo row.');
  });

  test('names the kernel by its version, not by what a distribution or a host adds to it', () => {
    expect(benchmarksPage(report([row({}, {})]))).toContain('8 GB, Linux 6.1.0, Node 20;');
  });
});
