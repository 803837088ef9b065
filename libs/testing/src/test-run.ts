import { startTestServer, type TestServer, testDatabaseVariable } from './test-server.js';

/** jest runs global setup and teardown in one realm, so the server is handed over here. */
const holder = globalThis as { ladingTestServer?: TestServer };

/** Starts the test server of a jest run, unless the environment names one already. */
export async function beginTestRun(): Promise<void> {
  if (process.env[testDatabaseVariable]) return;
  holder.ladingTestServer = await startTestServer();
  process.env[testDatabaseVariable] = holder.ladingTestServer.url;
}

/** Stops what `beginTestRun` started. */
export async function endTestRun(): Promise<void> {
  if (!holder.ladingTestServer) return;
  delete process.env[testDatabaseVariable];
  await holder.ladingTestServer.stop();
  delete holder.ladingTestServer;
}
