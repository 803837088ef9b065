// `npm run night`: the long form of each kind, one after another, with every test tool; a failure stops no other.
import './require-node.mjs';
import { build, ensureInstalled, main, run } from './setup.mjs';

const STEPS = [
  { script: 'test:protocol' },
  // Its day's form: what is longer at night is the same protocol again, with more rounds.
  { script: 'test:protocol', env: { LADING_TEST_SHAPE: 'services', LADING_NIGHT: '' } },
  { script: 'test:model' },
  { script: 'test:simulation' },
  { script: 'test:cluster' },
  { script: 'test:faults' },
  { script: 'soak' },
  { script: 'test:clients' },
  { script: 'test:clients', env: { LADING_TEST_SHAPE: 'services' } },
  { script: 'test:conformance' },
  { script: 'test:conformance', env: { LADING_TEST_SHAPE: 'services' } },
  { script: 'test', args: ['test/integration/fuzz'] },
  { script: 'bench' },
];

async function runStep({ script, env = {}, args = [] }) {
  const name = [script, ...args, ...Object.values(env)].filter(Boolean).join(' ');
  const started = Date.now();
  const code = await run('npm', ['run', '--silent', script, '--', ...args], {
    env: { ...process.env, LADING_NIGHT: '1', ...env },
  });
  console.log(`${name}: ${Math.round((Date.now() - started) / 1000)} s, exit code ${code}`);
  return { name, code };
}

await main(async () => {
  await ensureInstalled();
  await build();
  const failed = (await run('bash', ['test/tools/install.sh', '--all'])) === 0 ? [] : ['test/tools/install.sh'];
  for (const step of STEPS) {
    const { name, code } = await runStep(step);
    if (code !== 0) failed.push(name);
  }
  console.log(failed.length === 0 ? 'every long form passed' : `failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
});
