// The heavier kinds: they drive a started server from outside and, but for `cluster`, `meets` and `simulation`, import
// nothing of ours. Run by tools/kind.mjs.
const path = require('node:path');
const { workerIdleMemoryLimit, ...preset } = require('./jest.preset.cjs');

const KINDS = ['clients', 'cluster', 'conformance', 'faults', 'model', 'protocol', 'simulation', 'soak'];

module.exports = {
  workerIdleMemoryLimit,
  reporters: ['default', ['./tools/count-reporter.cjs', { kind: process.env.LADING_COUNT_KIND }]],
  testTimeout: 120_000,
  // Of tests that say `it.concurrent`.
  maxConcurrency: 2,
  projects: [
    ...KINDS.map((kind) => ({
      ...preset,
      rootDir: __dirname,
      displayName: kind,
      testMatch: [`<rootDir>/test/${kind}/**/*.spec.ts`],
    })),
    {
      ...preset,
      rootDir: __dirname,
      displayName: 'meets',
      testMatch: ['<rootDir>/test/integration/**/*-meet.spec.ts'],
      globalSetup: path.join(__dirname, 'libs/testing/src/jest-global-setup.ts'),
      globalTeardown: path.join(__dirname, 'libs/testing/src/jest-global-teardown.ts'),
    },
  ],
};
