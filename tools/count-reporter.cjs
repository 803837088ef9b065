// A jest reporter: ends the output with `N passed, N failed`, and adds `kind passed failed` to LADING_COUNT_FILE.
const fs = require('node:fs');

class CountReporter {
  /** A suite that cannot run at all fails no single test, yet must not pass for nothing: it counts as one failed. */
  static countResults(results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + (results.runExecError ? 1 : 0);
    return { passed: results.numPassedTests, failed };
  }

  constructor(_globalConfig, options = {}) {
    this.kind = options.kind ?? 'test';
  }

  onRunComplete(_contexts, results) {
    const { passed, failed } = CountReporter.countResults(results);
    const file = process.env.LADING_COUNT_FILE;
    if (file) fs.appendFileSync(file, `${this.kind} ${passed} ${failed}\n`);
    // Not before: jest's own summary and its warnings about open handles come after the reporters.
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}

module.exports = CountReporter;
