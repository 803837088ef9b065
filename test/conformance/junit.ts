import { readFileSync } from 'node:fs';

const CASE = /<testcase name="([^"]*)"[^>]*status="(\w+)"[^>]*>([\s\S]*?)<\/testcase>/g;
const NAMED: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** A test case of a JUnit report. */
export interface JunitCase {
  name: string;
  /** The writer's word for how it ended: each has its own. */
  status: string;
  /** What stands between its tags, still as XML. */
  body: string;
}

/** Every test case of a report, in its order. */
export function junitCases(file: string): JunitCase[] {
  const cases = readFileSync(file, 'utf8').matchAll(CASE);
  return [...cases].map(([, name, status, body]) => ({ name: decodeXml(name!), status: status!, body: body! }));
}

export function decodeXml(text: string): string {
  return text.replace(/&(?:#x([0-9A-F]+)|#(\d+)|(\w+));/gi, (_, hex, decimal, name) =>
    name ? (NAMED[name] ?? name) : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );
}
