import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

/** Runs of one property; the night has more. */
const RUNS = process.env.LADING_NIGHT ? 200_000 : 3_000;
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Milliseconds for one property. */
jest.setTimeout(process.env.LADING_NIGHT ? 900_000 : 60_000);

/** Printed once for each file, so that a run can be repeated: `FUZZ_SEED=<seed> npm test -- test/integration/fuzz`. */
beforeAll(() => void process.stdout.write(`fuzz seed ${seed}\n`));

/** Inputs of one parser that are kept: what once went wrong, and what is near the edge. */
export function corpus(name: string): string[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'corpus', `${name}.json`), 'utf8')) as string[];
}

/**
 * Puts every kept input, mutations of them and free text to a check, which throws when something is wrong.
 *
 * @param name of the corpus
 * @param alphabet pieces that the grammar is made of, so that random text comes near it
 */
export function fuzz(name: string, alphabet: readonly string[], check: (text: string) => void): void {
  const kept = corpus(name);
  for (const text of kept) check(text);
  fc.assert(fc.property(texts(kept, alphabet), check), { seed, numRuns: RUNS });
}

/**
 * As `fuzz`, for a check that takes its time.
 *
 * @param write makes an input of a kept one, which cannot be kept itself because it holds what is new in each run
 */
export async function fuzzSigned(
  name: string,
  alphabet: readonly string[],
  write: (kept: string) => string,
  check: (text: string) => Promise<void>,
): Promise<void> {
  const kept = corpus(name).map(write);
  for (const text of kept) await check(text);
  await fc.assert(fc.asyncProperty(texts(kept, alphabet), check), { seed, numRuns: RUNS });
}

function texts(kept: readonly string[], alphabet: readonly string[]): fc.Arbitrary<string> {
  const pieces = fc.array(fc.oneof(fc.constantFrom(...alphabet), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 24,
  });
  return fc.oneof(
    pieces.map((parts) => parts.join('')),
    mutated(kept),
  );
}

/** A kept input with a part taken out and another put in its place. */
function mutated(kept: readonly string[]): fc.Arbitrary<string> {
  const parts = { from: fc.constantFrom(...kept), at: fc.nat(), length: fc.nat(8), put: fc.string({ unit: 'binary' }) };
  return fc.record(parts).map(({ from, at, length, put }) => {
    const start = at % (from.length + 1);
    return from.slice(0, start) + put + from.slice(start + length);
  });
}

/** Runs a parser that refuses by throwing an error of the given kind. @returns undefined for what it refuses */
export function accepted<T>(refusal: abstract new (...parameters: never[]) => Error, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof refusal) return undefined;
    throw error;
  }
}
