import { createRequire } from 'node:module';

// jest loads this file with plain Node, which knows neither `.js` for a TypeScript source nor our packages' sources.
const requireSource = createRequire(import.meta.url)('../../../tools/require-source.cjs');

/** jest's globalSetup. */
export default (): Promise<void> => requireSource('libs/testing/src/test-run.ts').beginTestRun();
