import { startTestServer, type TestServer, testDatabaseVariable } from './test-server.js';

/** jest keeps one realm for global setup and teardown, so the server is handed over here. */
const holder = globalThis as { ladingTestServer?: TestServer };

/** jest's globalSetup: starts the test server, unless the environment names one already. */
export async function setUp(): Promise<void> {
  if (process.env[testDatabaseVariable]) return;
  holder.ladingTestServer = await startTestServer();
  process.env[testDatabaseVariable] = holder.ladingTestServer.url;
}

/** jest's globalTeardown. */
export async function tearDown(): Promise<void> {
  if (!holder.ladingTestServer) return;
  delete process.env[testDatabaseVariable];
  await holder.ladingTestServer.stop();
  delete holder.ladingTestServer;
}
