// `npm run check`: every rule of the repository that a program can hold. Runs all of them, then says which failed.
import './require-node.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences } from './folders.mjs';
import { lineCounts, tooLong } from './repository.mjs';
import { bin, ensureInstalled, main, ROOT, run } from './setup.mjs';

const GENERATED = 'libs/proto/src/gen';
const LONGEST_FILE = 400;

const STEPS = [
  ['format and lint', () => run(bin('biome'), ['check', '--error-on-warnings', '.'])],
  ['types', () => run(bin('tsc'), ['-b'])],
  ['types of tests', () => run(bin('tsc'), ['-p', 'tsconfig.tests.json'])],
  ['boundaries', () => run(bin('depcruise'), ['libs', 'services', 'test', 'tools'])],
  ['unused code', () => run(bin('knip'), ['--no-config-hints'])],
  ['contracts', () => run(bin('buf'), ['lint'])],
  ['breaking contracts', breakingContracts],
  ['generated code', generatedCode],
  ['long files', longFiles],
];

/**
 * Compares with the contracts that running services speak: `proto/baseline.binpb`, which a release renews. A change that
 * breaks them on purpose renews it in the same commit: `npx buf build -o proto/baseline.binpb`.
 */
function breakingContracts() {
  return run(bin('buf'), ['breaking', '--against', 'proto/baseline.binpb']);
}

async function generatedCode() {
  const fresh = mkdtempSync(join(tmpdir(), 'lading-generated-'));
  try {
    const code = await run(bin('buf'), ['generate', '--output', fresh]);
    if (code !== 0) return code;
    const different = differences(join(fresh, GENERATED), join(ROOT, GENERATED));
    for (const file of different) console.log(`${GENERATED}/${file} is not what proto/ gives; run npm run proto`);
    return different.length === 0 ? 0 : 1;
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

async function longFiles() {
  const long = tooLong(lineCounts(ROOT, GENERATED), LONGEST_FILE);
  for (const { file, lines } of long) console.log(`${file} has ${lines} lines, more than ${LONGEST_FILE}`);
  return long.length === 0 ? 0 : 1;
}

async function runStep([name, work]) {
  const started = performance.now();
  const code = await work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  return code === 0 ? [] : [name];
}

await main(async () => {
  await ensureInstalled();
  const failed = [];
  for (const step of STEPS) failed.push(...(await runStep(step)));
  console.log(failed.length === 0 ? 'check passed' : `check failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
});
