// `npm run test:<kind>`: one of the heavier kinds of test, against the built services.
import './require-node.mjs';
import { bin, build, ensureInstalled, main, run } from './setup.mjs';

const [kind, ...rest] = process.argv.slice(2);

/** Kinds that wait more than they work run two files at once. */
const workers = ['meets', 'protocol'].includes(kind) ? 2 : 1;

await main(async () => {
  await ensureInstalled();
  await build();
  const env = { ...process.env, LADING_COUNT_KIND: kind };
  return run(bin('jest'), ['-c', 'jest.kinds.cjs', `-w=${workers}`, ...rest, '--selectProjects', kind], { env });
});
