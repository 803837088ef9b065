export * from './interleave.js';
export * from './test-database.js';
export { startTestServer, type TestServer, testDatabaseVariable } from './test-server.js';
export * from './two-connections.js';
