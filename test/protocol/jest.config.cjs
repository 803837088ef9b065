const { existsSync } = require('node:fs');
const { join } = require('node:path');
const counter = join(__dirname, '../../tools/count-reporter.cjs');

// One worker: the tests that fill the server with slow clients measure the others.
module.exports = {
  ...require('../../jest.preset.cjs'),
  rootDir: __dirname,
  testMatch: ['<rootDir>/*.spec.ts'],
  maxWorkers: 1,
  testTimeout: 120_000,
  reporters: existsSync(counter) ? ['default', counter] : ['default'],
};
