module.exports = () => require('./require-source.cjs')('libs/testing/src/jest-global-setup.ts').setUp();
