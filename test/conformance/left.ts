import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SuiteTest } from './suite-test.js';

/** A test that is known not to pass yet, and why that is so. */
interface Left {
  suite: 'new' | 'old';
  test: string;
  reason: string;
}

/**
 * What a run and `left.json` disagree about, a line each: a test that did not pass and is not listed, a listed one that
 * passes or does not exist any more, an entry without a reason. Empty where they agree.
 */
export function disagreements(suite: Left['suite'], tests: SuiteTest[]): string[] {
  const all = JSON.parse(readFileSync(join(import.meta.dirname, 'left.json'), 'utf8')) as Left[];
  const left = all.filter((entry) => entry.suite === suite);
  const notPassed = tests.filter(({ status }) => status !== 'Pass' && status !== 'Disabled');
  const names = new Set(notPassed.map(({ name }) => name));
  return [
    ...notPassed
      .filter(({ name }) => !left.some(({ test }) => test === name))
      .map(({ name, status, message }) => `${status}: ${name}: ${message.slice(0, 500)}`),
    ...left.filter(({ test }) => !names.has(test)).map(({ test }) => `left.json names ${test}, but it passes`),
    ...left.filter(({ reason }) => !reason).map(({ test }) => `left.json gives no reason for ${test}`),
  ];
}
