import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reports of another program, a list of packages, and the program of this rule with its spec, which show what it finds. */
const LEFT_OUT = [':!docs/conformance', ':!package-lock.json', ':!tools/rules.mjs', ':!tools/rules.spec.ts'];
const NAME = /(?<![\w.-])T\d{1,2}(?![\w-])/g;
const PAPER = /\bDESIGN(?:\.md|,? \d+|,? T\d+)|\breference\/[\w-]+\.(?:md|pml)\b|\bgc-events\b|\bgc-protocol\b/g;

/**
 * Text files that git tracks or would add.
 * @returns {{ file: string, text: string }[]} `file`: its path below `root`
 */
export function textsOf(root) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '.', ...LEFT_OUT];
  const files = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return files
    .filter((file) => file !== '' && existsSync(join(root, file)))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

/** The names of the rules that docs/rules.md defines. */
export function rulesIn(page) {
  return [...page.matchAll(/^- \*\*(T\d{1,2}) /gm)].map(([, name]) => name);
}

/**
 * The names of the rules that a text cites.
 * @returns {string[]}
 */
export function rulesCitedIn(text) {
  return text.match(NAME) ?? [];
}

/**
 * Mentions of papers that are not in the repository.
 * @returns {string[]}
 */
export function papersIn(text) {
  return text.match(PAPER) ?? [];
}
