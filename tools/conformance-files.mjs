// The files of a conformance report: what is written into them, and what must not be.
import { readFileSync } from 'node:fs';

/** Lines of the printed tree that are neither passed nor, at 1.1, left out; and the verdict, if it is not a pass. */
export function shortfalls(output, exitCode) {
  const notPassed = output.split('\n').filter((line) => /: +(Skip|Disabled|FAIL|Error)$/.test(line));
  const isPassed = /^OCI Conformance Result: Pass$/m.test(output);
  return [
    ...notPassed,
    ...(isPassed ? [] : ['no verdict, or not a pass']),
    ...(exitCode === 0 ? [] : [`exit ${exitCode}`]),
  ];
}

/**
 * Which file holds which of these words, or a credential that is not struck out.
 * @param {Record<string, string>} files text by name
 * @param {string[]} words the password, paths and names of this machine; below four letters they are found in random bytes
 */
export function leaks(files, words) {
  const credential = /\b(?:Basic|Bearer) +[A-Za-z0-9+/=._-]{8,}/;
  return Object.entries(files).flatMap(([name, text]) => [
    ...words.filter((word) => word.length > 3 && text.includes(word)).map((word) => `${name}: ${word}`),
    ...(credential.test(text) ? [`${name}: ${credential.exec(text)[0]}`] : []),
  ]);
}

/** PRODUCT.yaml as it is, with this version: the rest is for whoever signs the participation form. */
export function productOf(file, version) {
  return readFileSync(file, 'utf8').replace(/^version: .*$/m, `version: v${version}`);
}

/** How to repeat the run, and what it printed. */
export function readmeOf({ version, suite, server, asked, output }) {
  const settings = Object.entries(server).map(([key, value]) => `${key}=${value} `);
  const exports = Object.entries(asked).map(([key, value]) => `export ${key}="${value}"`);
  const [tree, rest] = [output.split('\nConfiguration:')[0], output.slice(output.indexOf('OCI Conformance Result'))];
  return `# Lading

## Start Lading

Version ${version}, in a checkout of it, with Node.js 20.19 or later:

\`\`\`sh
${settings.join('')}LADING_ADMIN_PASSWORD=choose-one npm start
\`\`\`

Every setting has its default but one: \`LADING_SPARSE=all\` accepts manifests whose blobs and children are not there,
which Lading refuses by itself. Without it the same run, with \`OCI_DATA_SPARSE\` unset, passes as well.

## Run the conformance tests

\`\`\`sh
go install ${suite}
(
${exports.map((line) => `  ${line}`).join('\n')}
  export OCI_USERNAME="admin" OCI_PASSWORD="choose-one"
  conformance
)
\`\`\`

It prints:

\`\`\`text
${tree.trim()}

${rest.trim()}
\`\`\`

Each request and answer is in \`report.html\`.
`;
}
