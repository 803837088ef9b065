import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '../support/describe-with.js';
import { FAULTS, MODELS, type Model, type Mutant } from './models.js';
import { LIMIT_SECONDS, PROGRAMS, type Search, search, type Verdict } from './spin.js';

const isNight = Boolean(process.env.LADING_NIGHT);
const LIMIT_MS = (LIMIT_SECONDS + 60) * 1000;

/** Searches, and says how much there was. */
async function searched(what: Search): Promise<Verdict> {
  const verdict = await search(what);
  const { states, seconds, fault } = verdict;
  const name = [what.model, ...what.defines].join(' ');
  process.stdout.write(`model ${name}: ${states} states, ${seconds.toFixed(1)} s${fault ? ', a fault' : ''}\n`);
  return verdict;
}

/** Nothing is wrong, and nothing was left out. */
function assertWhole({ fault, incomplete, unreached, report }: Verdict): void {
  if (fault ?? incomplete) throw new Error(report);
  expect(unreached).toEqual([]);
}

function rowsOf<T>(pick: (model: Model) => readonly T[]): { model: Model; row: T }[] {
  return MODELS.flatMap((model) => pick(model).map((row) => ({ model, row })));
}

function named<T>(rows: { model: Model; row: T }[], wordsOf: (row: T) => readonly string[]) {
  return rows.map(({ model, row }) => ({ name: [model.name, ...wordsOf(row)].join(' '), model: model.name, row }));
}

const words = (defines: readonly string[]) => defines;

describeWith(PROGRAMS, 'the model', () => {
  const forms = named(
    rowsOf((model) => [...model.forms, ...(isNight ? model.nightly : [])]),
    words,
  );
  it.concurrent.each(forms)(
    '$name holds in every state',
    async ({ model, row }) => assertWhole(await searched({ model, defines: row })),
    LIMIT_MS,
  );

  const drained = MODELS.filter(({ drains }) => drains).map(({ name }) => ({ name }));
  it.concurrent.each(drained)(
    '$name comes to its end, whatever the order',
    async ({ name }) => assertWhole(await searched({ model: name, defines: ['DRAINED'], liveness: true })),
    LIMIT_MS,
  );

  const spared = named(
    rowsOf((model) => [...model.spared, ...(isNight ? model.sparedNightly : [])]),
    words,
  );
  it.concurrent.each(spared)(
    '$name holds too: another step looks as well',
    async ({ model, row }) => {
      const { fault, incomplete, report } = await searched({ model, defines: row });
      if (fault ?? incomplete) throw new Error(report);
    },
    LIMIT_MS,
  );

  const mutants = named(
    rowsOf((model) => model.mutants),
    ({ defines }: Mutant) => defines,
  ).map((each) => ({ ...each, breaks: each.row.breaks }));
  it.concurrent.each(mutants)(
    '$name is caught: $breaks',
    async ({ model, row }) => {
      const liveness = row.breaks === 'bytes that nothing names stay for ever';
      const defines = liveness ? [...row.defines, 'DRAINED'] : row.defines;
      const { fault, report } = await searched({ model, defines, liveness, expectsFault: true });
      if (fault === undefined) throw new Error(report);
      expect(fault).toMatch(FAULTS[row.breaks]!);
    },
    LIMIT_MS,
  );
});

describe('the table of mutants', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/collection.md'), 'utf8');
  const rows = rowsOf((model) => model.mutants);

  it('has every word that a model takes a part away for', () => {
    const settings = ['DRAINED', 'MAXCRASH', 'MORE', 'NG'];
    for (const model of MODELS) {
      const text = readFileSync(join(import.meta.dirname, `${model.name}.pml`), 'utf8');
      const asked = [...text.matchAll(/^#ifn?def (\w+)$/gm)].map(([, word]) => word!);
      const known = [...model.mutants.map(({ defines }) => defines), ...model.spared, ...model.sparedNightly].flat();
      expect([...new Set(known)].sort()).toEqual([...new Set(asked)].filter((word) => !settings.includes(word)).sort());
    }
  });

  it('is the one of docs/collection.md', () => {
    const documented = [...page.matchAll(/^\| (\w+) \| `(.+)` \| (.+) \|$/gm)].map(([, ...cells]) => cells);
    expect(documented).toEqual(rows.map(({ model, row }) => [model.name, row.defines.join(' + '), row.breaks]));
  });
});
