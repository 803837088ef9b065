import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { results, tool } from '../support/paths.js';
import type { Registry } from '../support/registry.js';
import { run } from '../support/run.js';
import type { SuiteTest } from './suite-test.js';

const LINE = /^( *)(OCI Conformance Test[^\n]*): (Pass|Skip|Disabled|FAIL|Error)$/;

/**
 * Runs the distribution specification's suite at version 1.1 and returns its tests. Its exit code says little (a setting
 * it does not understand ends it with 0 and without results), so the tree it prints is read, whose first line is the
 * verdict. Reports stay in `test-results/conformance`.
 */
export async function runNewSuite(registry: Registry): Promise<SuiteTest[]> {
  const dir = join(results, 'conformance');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const env = {
    PATH: process.env.PATH!,
    OCI_REGISTRY: registry.host,
    OCI_TLS: 'disabled',
    OCI_REPO1: 'conformance/new/one',
    OCI_REPO2: 'conformance/new/two',
    OCI_USERNAME: registry.user,
    OCI_PASSWORD: registry.password,
    OCI_VERSION: '1.1',
    OCI_RESULTS_DIR: dir,
  };
  const { stdout, report } = await run([tool('conformance')], { env, cwd: dir, seconds: 280 });
  writeFileSync(join(dir, 'stdout.txt'), stdout);
  if (!existsSync(join(dir, 'results.yaml')) || !existsSync(join(dir, 'junit.xml')))
    throw new Error(`the suite wrote no results\n${report}`);
  return readTree(stdout);
}

/** The leaves of the printed tree. What stands below a leaf until the next line of the tree is its message. */
function readTree(stdout: string): SuiteTest[] {
  const nodes: (SuiteTest & { depth: number })[] = [];
  for (const line of stdout.split('\n')) {
    const [, indent, name, status] = LINE.exec(line) ?? [];
    if (name !== undefined)
      nodes.push({ depth: indent!.length, name, status: status as SuiteTest['status'], message: '' });
    else if (/^(API|Data) conformance/.test(line)) break;
    else if (nodes.length > 0) nodes.at(-1)!.message += `${line.trim()}\n`;
  }
  const leaves = nodes.filter(({ depth }, at) => (nodes[at + 1]?.depth ?? 0) <= depth);
  const bad = ({ status }: SuiteTest) => status === 'FAIL' || status === 'Error';
  if (nodes.length === 0 || bad(nodes[0]!) !== leaves.some(bad))
    throw new Error(`the suite's verdict is not that of its tests:\n${stdout.slice(0, 2000)}`);
  return leaves;
}
