import fc from 'fast-check';
import { ACT, type Act, carryOut } from './acts.js';
import { contents } from './contents.js';
import { Pair } from './pair.js';

// The simulation (test/simulation) runs the product's code on tables in memory, with statements written by hand. Here
// the same code does the same on those and on PostgreSQL, and everything that it says and leaves has to be the same.

const SEED = Number(process.env.LADING_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const isNight = Boolean(process.env.LADING_NIGHT);

/** Without the times, which are of two clocks. */
function timeless(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer ?? null, (key, value) => (/At(Ms)?$/.test(key) ? undefined : value)));
}

async function compare(pair: Pair, acts: readonly Act[]): Promise<void> {
  for (const act of acts) {
    const { real, simulated } = await pair.both((side) => carryOut(side, act));
    expect({ act, answer: timeless(simulated) }).toEqual({ act, answer: timeless(real) });
  }
  const { real, simulated } = await contents(pair);
  expect(simulated).toEqual(real);
}

it(`says and keeps on simulated tables what it says and keeps on PostgreSQL (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ACT, { minLength: 40, maxLength: 120, size: 'max' }), async (acts) => {
      const pair = await Pair.open();
      try {
        await compare(pair, acts);
      } finally {
        await pair.close();
      }
    }),
    { seed: SEED, numRuns: isNight ? 300 : 6, endOnFailure: true },
  );
}, 900_000);
