/**
 * The environment of a server under test: settings of the caller's shell reach it (so a whole kind can run with, say,
 * `LADING_CHALLENGE=basic`), those for the tests themselves do not, and neither do proxies and certificate files.
 */
export function serverEnv(settings: Record<string, string>): Record<string, string | undefined> {
  const own = Object.entries(process.env).filter(
    ([key]) => key.startsWith('LADING_') && !key.startsWith('LADING_TEST_'),
  );
  return { ...Object.fromEntries(own), PATH: process.env.PATH, HOME: process.env.HOME, ...settings };
}
