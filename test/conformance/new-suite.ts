import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { results, tool } from '../support/paths.js';
import type { Registry } from '../support/registry.js';
import { run } from '../support/run.js';
import { junitCases } from './junit.js';
import { type PrintedTree, readTree } from './printed-tree.js';
import { readVerdicts } from './results-yaml.js';
import type { Status } from './suite-test.js';

const JUNIT: Record<Status, string> = {
  Pass: 'passed',
  Skip: 'skipped',
  Disabled: 'skipped',
  FAIL: 'failure',
  Error: 'error',
};

export interface SuiteRun extends PrintedTree {
  exitCode: number;
  /** Of each API and each kind of data, from results.yaml. */
  verdicts: Map<string, Status>;
}

/**
 * Runs the distribution specification's suite. Its exit code says little: a setting that it does not understand ends it
 * with 0 and without results. So this throws unless it printed a verdict and wrote results.yaml and a junit.xml that
 * agrees with the printed tree. Reports stay in `test-results/conformance/<name>`.
 *
 * @param env its own settings, such as `{ OCI_VERSION: 'dev' }`
 */
export async function runNewSuite(registry: Registry, name: string, env: Record<string, string>): Promise<SuiteRun> {
  const dir = join(results, 'conformance', name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const settings = {
    PATH: process.env.PATH!,
    OCI_REGISTRY: registry.host,
    OCI_TLS: 'disabled',
    OCI_REPO1: 'conformance/repo1',
    OCI_REPO2: 'conformance/repo2',
    OCI_USERNAME: registry.user,
    OCI_PASSWORD: registry.password,
    OCI_RESULTS_DIR: '.',
    ...env,
  };
  const { code, stdout, report } = await run([tool('conformance')], { env: settings, cwd: dir, seconds: 200 });
  writeFileSync(join(dir, 'stdout.txt'), stdout);
  const [yaml, junit] = [join(dir, 'results.yaml'), join(dir, 'junit.xml')];
  if (!existsSync(yaml) || !existsSync(junit)) throw new Error(`the suite wrote no results\n${report}`);
  const tree = readTree(stdout);
  const inTree = tree.tests.map((test) => `${JUNIT[test.status]} ${test.name}`);
  const inJunit = junitCases(junit).map((test) => `${test.status} ${test.name.replace(/^OCI Conformance Test\//, '')}`);
  if (inTree.join('\n') !== inJunit.join('\n')) throw new Error(`${junit} is not what was printed\n${report}`);
  return { ...tree, exitCode: code, verdicts: readVerdicts(yaml) };
}
