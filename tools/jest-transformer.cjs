// Everything a spec imports becomes CommonJS in memory (swc): twice as fast as jest's native ESM, and no list of
// ESM packages to keep. Files that are CommonJS already pass through untouched.
const fs = require('node:fs');
const path = require('node:path');
const inner = require('@swc/jest').createTransformer({
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

const esmFolders = new Map();
function isEsm(dir) {
  if (esmFolders.has(dir)) return esmFolders.get(dir);
  const manifest = path.join(dir, 'package.json');
  let result = false;
  if (fs.existsSync(manifest)) result = JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
  else if (path.dirname(dir) !== dir) result = isEsm(path.dirname(dir));
  esmFolders.set(dir, result);
  return result;
}
const isRaw = (file) => !/\.m?[jt]s$/.test(file) || (/\.js$/.test(file) && !isEsm(path.dirname(file)));

module.exports = {
  getCacheKey: (source, file, options) => (isRaw(file) ? 'raw' : 'swc1') + inner.getCacheKey(source, file, options),
  process: (source, file, options) => (isRaw(file) ? { code: source } : inner.process(source, file, options)),
};
