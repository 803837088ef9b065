import { createRequire } from 'node:module';

// As in jest-global-setup.ts.
const requireSource = createRequire(import.meta.url)('../../../tools/require-source.cjs');

/** jest's globalTeardown. */
export default (): Promise<void> => requireSource('libs/testing/src/test-run.ts').endTestRun();
