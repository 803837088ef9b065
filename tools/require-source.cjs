// require() for the TypeScript sources of this repository, for jest's global setup: jest resolves what specs import,
// but loads its global setup with plain Node. Relative `.js` names the `.ts` beside it, `@lading/x` the sources of
// its package; swc turns them into CommonJS in memory.
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const swc = require('@swc/core');

const root = path.dirname(__dirname);

function sourceOf(request, parent) {
  if (request.startsWith('@lading/')) {
    const [, name, ...rest] = request.split('/');
    const folder = ['libs', 'services'].map((kind) => path.join(root, kind, name)).find((each) => fs.existsSync(each));
    if (!folder) return undefined;
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const entry = manifest.exports[['.', ...rest].join('/')];
    return entry && path.join(folder, entry['@lading/source']);
  }
  if (!/^\.\.?\/.*\.js$/.test(request) || !parent?.filename?.endsWith('.ts')) return undefined;
  return path.resolve(path.dirname(parent.filename), request.replace(/\.js$/, '.ts'));
}

function compile(module, file) {
  const { code } = swc.transformFileSync(file, {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      keepClassNames: true,
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
  });
  module._compile(code, file);
}

module.exports = function requireSource(file) {
  const resolve = Module._resolveFilename;
  const loadTypeScript = Module._extensions['.ts'];
  Module._resolveFilename = (request, parent, ...rest) =>
    sourceOf(request, parent) ?? resolve(request, parent, ...rest);
  Module._extensions['.ts'] = compile;
  try {
    return require(path.join(root, file));
  } finally {
    Module._resolveFilename = resolve;
    Module._extensions['.ts'] = loadTypeScript;
    if (!loadTypeScript) delete Module._extensions['.ts'];
  }
};
