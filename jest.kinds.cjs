// The heavier kinds: they drive a started server from outside and, but for `cluster`, import nothing of ours. Run by
// tools/kind.mjs.
const { workerIdleMemoryLimit, ...preset } = require('./jest.preset.cjs');

const KINDS = ['clients', 'cluster', 'conformance', 'faults', 'model', 'protocol', 'soak'];

module.exports = {
  workerIdleMemoryLimit,
  reporters: ['default', ['./tools/count-reporter.cjs', { kind: process.env.LADING_COUNT_KIND }]],
  testTimeout: 120_000,
  // Of tests that say `it.concurrent`.
  maxConcurrency: 2,
  projects: KINDS.map((kind) => ({
    ...preset,
    rootDir: __dirname,
    displayName: kind,
    testMatch: [`<rootDir>/test/${kind}/**/*.spec.ts`],
  })),
};
