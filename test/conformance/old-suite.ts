import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { results, tool } from '../support/paths.js';
import type { Registry } from '../support/registry.js';
import { run } from '../support/run.js';
import type { SuiteTest } from './suite-test.js';

const CASE = /<testcase name="([^"]*)"[^>]*status="(\w+)"[^>]*>([\s\S]*?)<\/testcase>/g;
const PREFIX = '[It] OCI Distribution Conformance Tests ';
const STATUS: Record<string, SuiteTest['status']> = { passed: 'Pass', skipped: 'Disabled', failed: 'FAIL' };

/**
 * Runs the older suite, of specification 1.1.0-rc3, for what the new one does not ask: the limit `n` of a tag list, a
 * chunk sent again, a stale upload location. All its parts are off unless named. What it skips depends on settings and
 * not on the registry, so that counts as disabled. Reports stay in `test-results/conformance-old`.
 */
export async function runOldSuite(registry: Registry): Promise<SuiteTest[]> {
  const dir = join(results, 'conformance-old');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const parts = ['PULL', 'PUSH', 'CONTENT_DISCOVERY', 'CONTENT_MANAGEMENT'];
  const env = {
    PATH: process.env.PATH!,
    OCI_ROOT_URL: registry.url,
    OCI_NAMESPACE: 'conformance/old/one',
    OCI_CROSSMOUNT_NAMESPACE: 'conformance/old/two',
    OCI_USERNAME: registry.user,
    OCI_PASSWORD: registry.password,
    OCI_REPORT_DIR: dir,
    ...Object.fromEntries(parts.map((part) => [`OCI_TEST_${part}`, '1'])),
  };
  const { report } = await run([tool('conformance-old')], { env, cwd: dir, seconds: 120 });
  const junit = join(dir, 'junit.xml');
  if (!existsSync(junit)) throw new Error(`the suite wrote no junit.xml\n${report}`);
  return [...readFileSync(junit, 'utf8').matchAll(CASE)]
    .filter(([, name]) => name!.startsWith(PREFIX))
    .map(([, name, status, body]) => ({
      name: decode(name!.slice(PREFIX.length)),
      status: STATUS[status!] ?? 'Error',
      message: decode(/<failure message="([^"]*)"/.exec(body!)?.[1] ?? ''),
    }));
}

function decode(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(?:#x([0-9A-F]+)|#(\d+)|(\w+));/gi, (_, hex, decimal, name) =>
    name ? (named[name] ?? name) : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );
}
