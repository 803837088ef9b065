import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { leaks, shortfalls } from './conformance-files.mjs';

const dir = join(__dirname, '../docs/conformance/v1.1/lading');
const files: Record<string, string> = Object.fromEntries(
  readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]),
);

describe('the conformance report', () => {
  it('PUB-04: is the five files that the results repository wants, of a run in which everything passed', () => {
    expect(Object.keys(files).sort()).toEqual([
      'PRODUCT.yaml',
      'README.md',
      'junit.xml',
      'report.html',
      'results.yaml',
    ]);
    expect(files['results.yaml']).toContain('version: "1.1"');
    expect(files['results.yaml']!.match(/^ {2}[A-Z].*: Pass$/gm)).toHaveLength(28 + 24);
    expect(files['junit.xml']!.match(/ status="(?!passed)/g)).toBeNull();
    expect(shortfalls(files['README.md']!, 0)).toEqual([]);
  });

  it('holds no password, no token and no path of the machine that wrote it', () => {
    expect(leaks(files, ['/tmp/', '/home/', homedir(), join(__dirname, '..')])).toEqual([]);
  });

  it('is refused where a test was skipped, where there is no verdict, and where the suite failed', () => {
    const passed = 'OCI Conformance Test: Pass\nOCI Conformance Result: Pass\n';
    expect(shortfalls(passed, 0)).toEqual([]);
    expect(shortfalls(`${passed}  OCI Conformance Test/ping: Skip\n`, 0)).toHaveLength(1);
    expect(shortfalls('failed to load config', 0)).toHaveLength(1);
    expect(shortfalls(passed, 1)).toHaveLength(1);
  });

  it('is refused where a credential or a word of this machine stands in it', () => {
    const credential = 'Authorization: [Basic YWRtaW46c2VjcmV0]';
    expect(leaks({ 'report.html': credential }, [])).toEqual(['report.html: Basic YWRtaW46c2VjcmV0']);
    expect(leaks({ 'report.html': 'Authorization: [Bearer *****]' }, [])).toEqual([]);
    expect(leaks({ 'junit.xml': 'in /build/here' }, ['/build/here'])).toEqual(['junit.xml: /build/here']);
  });
});
