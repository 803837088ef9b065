import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import CountReporter from './count-reporter.cjs';
import { readCounts } from './counts.mjs';

const results = { numPassedTests: 7, numFailedTests: 2, numRuntimeErrorTestSuites: 1 };

describe('the counts of a test run', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lading-counts-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
    jest.restoreAllMocks();
  });

  it('take a suite that cannot run for one failed test, and a run that broke for one more', () => {
    expect(CountReporter.countResults(results)).toEqual({ passed: 7, failed: 3 });
    expect(CountReporter.countResults({ ...results, runExecError: new Error('broken') })).toEqual({
      passed: 7,
      failed: 4,
    });
  });

  it('are printed alone on the last line and added to the file of the environment', () => {
    const file = join(dir, 'counts');
    const before = process.env.LADING_COUNT_FILE;
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const atExit = jest.spyOn(process, 'once').mockReturnThis();
    try {
      process.env.LADING_COUNT_FILE = file;
      new CountReporter({}, { kind: 'faults' }).onRunComplete([], results);
      new CountReporter({}).onRunComplete([], results);
      expect(write).not.toHaveBeenCalled();
      for (const [event, listener] of atExit.mock.calls) if (event === 'exit') listener();
    } finally {
      if (before === undefined) delete process.env.LADING_COUNT_FILE;
      else process.env.LADING_COUNT_FILE = before;
    }
    expect(write.mock.calls.map(([line]) => line)).toEqual(['7 passed, 3 failed\n', '7 passed, 3 failed\n']);
    expect(readFileSync(file, 'utf8')).toBe('faults 7 3\ntest 7 3\n');
  });

  it('are summed over the lines of a file, and 0 without one', () => {
    const file = join(dir, 'counts');
    writeFileSync(file, 'unit 3 0\nnot a count\nclients 4 1\n');
    expect(readCounts(file)).toEqual({ lines: 2, passed: 7, failed: 1 });
    expect(readCounts(join(dir, 'absent'))).toEqual({ lines: 0, passed: 0, failed: 0 });
  });
});
