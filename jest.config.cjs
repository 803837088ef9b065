// `npm test`: unit specs beside the code, and test/integration; both may use the one PostgreSQL of the run.
const path = require('node:path');
const { workerIdleMemoryLimit, ...preset } = require('./jest.preset.cjs');

const shared = {
  ...preset,
  rootDir: __dirname,
  globalSetup: path.join(__dirname, 'libs/testing/src/jest-global-setup.ts'),
  globalTeardown: path.join(__dirname, 'libs/testing/src/jest-global-teardown.ts'),
};

module.exports = {
  workerIdleMemoryLimit,
  reporters: ['default', './tools/count-reporter.cjs'],
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,services,tools,test/support}/**/*.spec.ts', '<rootDir>/test/bench/**/*.spec.mjs'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.spec.ts'],
      // Two use cases step by step in every order: a kind of their own.
      testPathIgnorePatterns: ['-meet\\.spec\\.ts$'],
    },
  ],
};
