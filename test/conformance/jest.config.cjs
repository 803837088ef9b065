const { existsSync } = require('node:fs');
const { join } = require('node:path');
const counter = join(__dirname, '../../tools/count-reporter.cjs');

// One worker, so that the suites do not slow each other beyond their time limit.
module.exports = {
  ...require('../../jest.preset.cjs'),
  rootDir: __dirname,
  testMatch: ['<rootDir>/*.spec.ts'],
  maxWorkers: 1,
  testTimeout: 300_000,
  reporters: existsSync(counter) ? ['default', counter] : ['default'],
};
