/** `Error` is a fault of the suite's own; `Disabled` was not asked for. */
export type Status = 'Pass' | 'Skip' | 'Disabled' | 'FAIL' | 'Error';

/** One test of a suite, as that suite named and judged it. A name may stand for several tests. */
export interface SuiteTest {
  name: string;
  status: Status;
  /** Why it did not pass, in the suite's words. */
  message: string;
}

/** How many tests have each status, for the last line of a run: `686 tests: 684 Pass, 2 Disabled`. */
export function totals(tests: SuiteTest[]): string {
  const counts = new Map<string, number>();
  for (const { status } of tests) counts.set(status, (counts.get(status) ?? 0) + 1);
  return `${tests.length} tests: ${[...counts].map(([status, count]) => `${count} ${status}`).join(', ')}`;
}

/** A line for each test that is neither passed nor disabled; a skip counts, since it says that something is missing. */
export function notPassed(tests: SuiteTest[]): string[] {
  return tests
    .filter(({ status }) => status !== 'Pass' && status !== 'Disabled')
    .map(({ name, status, message }) => `${status}: ${name}: ${message.slice(0, 500)}`);
}
