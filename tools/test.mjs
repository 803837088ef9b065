// `npm test`: install and build if needed, then the unit and integration tests. The last line is `N passed, N failed`.
import './require-node.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCounts } from './counts.mjs';
import { bin, build, ensureInstalled, main, run, SetupError } from './setup.mjs';

/** jest takes the number of cores less one by itself, which would be a single worker on two cores. */
const WORKERS = '-w=2';

async function runJest() {
  const scratch = mkdtempSync(join(tmpdir(), 'lading-test-'));
  const countFile = process.env.LADING_COUNT_FILE ?? join(scratch, 'counts');
  try {
    const before = readCounts(countFile);
    const env = { ...process.env, LADING_COUNT_FILE: countFile };
    const code = await run(bin('jest'), [WORKERS, ...process.argv.slice(2)], { env });
    const isCounted = readCounts(countFile).lines > before.lines;
    if (!isCounted) console.log('0 passed, 1 failed');
    return isCounted ? code : 1;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

await main(async () => {
  try {
    await ensureInstalled();
    await build();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    console.log('0 passed, 1 failed');
    return 1;
  }
  return runJest();
});
