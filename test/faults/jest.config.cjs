const { existsSync } = require('node:fs');
const { join } = require('node:path');
const counter = join(__dirname, '../../tools/count-reporter.cjs');

// One worker: the tests kill, fill and measure, and share this machine's two cores.
module.exports = {
  ...require('../../jest.preset.cjs'),
  rootDir: __dirname,
  testMatch: ['<rootDir>/*.spec.ts'],
  maxWorkers: 1,
  testTimeout: 120_000,
  reporters: existsSync(counter) ? ['default', counter] : ['default'],
};
