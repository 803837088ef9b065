import { parseSync } from '@swc/core';

const TESTS = ['it', 'test'];
const GROUPS = ['describe'];
/** A group whose name comes second and which does not run everywhere: `test/support/describe-with.ts`. */
const CONDITIONAL = 'describeWith';
const LEFT_OUT = ['skip', 'todo'];

/**
 * The tests that a spec declares, each with the names of the groups around it, outermost first.
 *
 * Names are those of `it`, `test` and `describe`, with or without `.each`; what a template fills in is left out. A test
 * that is skipped is none. `night` is true of one that only runs where `LADING_NIGHT` is set, or some program is there.
 * @returns {{ name: string, night: boolean }[]}
 */
export function testNames(source) {
  const found = [];
  visit(parseSync(source, { syntax: 'typescript', decorators: true }).body, { path: [], night: false }, found);
  return found;
}

function visit(node, around, found) {
  if (Array.isArray(node)) for (const each of node) visit(each, around, found);
  if (node === null || typeof node !== 'object' || Array.isArray(node)) return;
  if (node.type === 'IfStatement' && mentions(node.test, 'LADING_NIGHT')) {
    visit(node.consequent, { ...around, night: true }, found);
    visit(node.alternate, around, found);
    return;
  }
  const call = node.type === 'CallExpression' ? declaration(node) : undefined;
  if (call?.leftOut) return;
  const within = call ? { path: [...around.path, call.name], night: around.night || call.night } : around;
  if (call && TESTS.includes(call.kind)) found.push({ name: within.path.join(' '), night: within.night });
  for (const value of Object.values(node)) visit(value, within, found);
}

/** What `it('a name', ...)` and `it.each(rows)('a name', ...)` declare; undefined for any other call. */
function declaration({ callee, arguments: [first, second] }) {
  const words = wordsOf(callee);
  const night = words[0] === CONDITIONAL;
  const name = text((night ? second : first)?.expression);
  const kind = night ? 'describe' : words[0]?.replace(/^x/, '');
  if (name === undefined || ![...TESTS, ...GROUPS].includes(kind)) return undefined;
  const leftOut = words[0] === `x${kind}` || words.some((word) => LEFT_OUT.includes(word));
  return { kind, name, night, leftOut };
}

function wordsOf(callee) {
  if (callee.type === 'Identifier') return [callee.value];
  if (callee.type === 'MemberExpression') return [...wordsOf(callee.object), callee.property.value];
  if (callee.type === 'CallExpression') return wordsOf(callee.callee);
  if (callee.type === 'TaggedTemplateExpression') return wordsOf(callee.tag);
  return [];
}

function text(expression) {
  if (expression?.type === 'StringLiteral') return expression.value;
  if (expression?.type === 'TemplateLiteral') return expression.quasis.map(({ cooked }) => cooked).join('...');
  return undefined;
}

function mentions(node, word) {
  return JSON.stringify(node).includes(JSON.stringify(word));
}
