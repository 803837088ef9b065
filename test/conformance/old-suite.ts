import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { results, tool } from '../support/paths.js';
import type { Registry } from '../support/registry.js';
import { run } from '../support/run.js';
import { decodeXml, junitCases } from './junit.js';
import type { SuiteTest } from './suite-test.js';

const PREFIX = '[It] OCI Distribution Conformance Tests ';
const STATUS: Record<string, SuiteTest['status']> = { passed: 'Pass', skipped: 'Skip', failed: 'FAIL' };

/**
 * Runs the older suite, of specification 1.1.0-rc3, for what the new one does not ask: the limit `n` of a tag list, a
 * chunk sent again, a stale upload location. All its parts are off unless named. Reports stay in
 * `test-results/conformance/<name>`.
 */
export async function runOldSuite(registry: Registry, name: string): Promise<SuiteTest[]> {
  const dir = join(results, 'conformance', name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const parts = ['PULL', 'PUSH', 'CONTENT_DISCOVERY', 'CONTENT_MANAGEMENT'];
  const env = {
    PATH: process.env.PATH!,
    OCI_ROOT_URL: registry.url,
    OCI_NAMESPACE: 'conformance/repo1',
    OCI_CROSSMOUNT_NAMESPACE: 'conformance/repo2',
    OCI_AUTOMATIC_CROSSMOUNT: '1',
    OCI_USERNAME: registry.user,
    OCI_PASSWORD: registry.password,
    OCI_REPORT_DIR: dir,
    ...Object.fromEntries(parts.map((part) => [`OCI_TEST_${part}`, '1'])),
  };
  const { report } = await run([tool('conformance-old')], { env, cwd: dir, seconds: 120 });
  const junit = join(dir, 'junit.xml');
  if (!existsSync(junit)) throw new Error(`the suite wrote no junit.xml\n${report}`);
  return junitCases(junit)
    .filter((test) => test.name.startsWith(PREFIX))
    .map((test) => ({
      name: test.name.slice(PREFIX.length),
      status: STATUS[test.status] ?? 'Error',
      message: decodeXml(/<failure message="([^"]*)"/.exec(test.body)?.[1] ?? ''),
    }));
}
