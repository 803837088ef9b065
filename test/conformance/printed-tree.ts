import type { Status, SuiteTest } from './suite-test.js';

const LINE = /^( *)OCI Conformance Test(?:\/([^\n]*))?: (Pass|Skip|Disabled|FAIL|Error)$/;
const VERDICT = /^OCI Conformance Result: (\w+)$/m;

export interface PrintedTree {
  /** The suite's last word. */
  verdict: Status;
  /** The leaves of the tree, named without the suite's own name: `sha256 blobs/post only/blob-head`. */
  tests: SuiteTest[];
  /** The branches right below the root, in order: `ping`, `sha256 blobs`, `image`. */
  groups: string[];
}

/**
 * Reads the tree that the suite prints. Only its leaves count, because a branch has the highest status below it, and a
 * pass stands above a skip. What stands below a leaf until the next line of the tree is its message.
 */
export function readTree(stdout: string): PrintedTree {
  const nodes: (SuiteTest & { depth: number })[] = [];
  for (const line of stdout.split('\n')) {
    const found = LINE.exec(line);
    if (found) nodes.push({ depth: found[1]!.length, name: found[2] ?? '', status: found[3] as Status, message: '' });
    else if (/^OCI Conformance Result/.test(line)) break;
    else if (nodes.length > 0) nodes.at(-1)!.message += `${line.trim()}\n`;
  }
  const verdict = VERDICT.exec(stdout)?.[1] as Status | undefined;
  if (nodes.length === 0 || verdict === undefined)
    throw new Error(`no tree and no verdict in:\n${stdout.slice(0, 2000)}`);
  const isLeaf = (depth: number, at: number) => (nodes[at + 1]?.depth ?? 0) <= depth;
  return {
    verdict,
    tests: nodes
      .filter(({ depth }, at) => isLeaf(depth, at))
      .map(({ name, status, message }) => ({ name, status, message })),
    groups: nodes.filter(({ depth }) => depth === 2).map(({ name }) => name),
  };
}
