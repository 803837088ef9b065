// Shared by every jest configuration of the repository.
const path = require('node:path');
module.exports = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@lading/source', 'node', 'require', 'default'] },
  transform: { '\\.m?[jt]s$': path.join(__dirname, 'tools/jest-transformer.cjs') },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '/dist/'],
  cacheDirectory: path.join(__dirname, 'node_modules/.cache/jest'),
  workerIdleMemoryLimit: '1GB',
};
