// The boundaries of the tree. A rule here is the only place where a boundary is real.
const ADAPTER = '/(file|memory|pg|grpc|s3|embedded)-[^/]+\\.ts$';
const SPEC = '\\.spec\\.ts$';
/** The edge of a package, and of a part with an entry of its own in `exports`. */
const INDEXES = ['^(libs|services)/[^/]+/src/index\\.ts$', '^(libs|services)/[^/]+/src/[^/]+/index\\.ts$'];
const COMPOSITION_ROOTS = ['^services/standalone/', '/(app\\.module|main|index)\\.ts$', SPEC];

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolvable',
      comment:
        'An import must lead to a file or an installed package; test/tools/install.sh installs those of programs.',
      severity: 'error',
      from: { pathNot: '^(libs/proto/src/gen|test/clients/programs)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'services-do-not-import-services',
      comment: 'Services talk through the contracts of proto/; only standalone puts them into one process.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/standalone/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'libs-do-not-import-services',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^services/' },
    },
    {
      name: 'packages-only-through-their-index',
      comment: 'A package shows what its index.ts exports, nothing deeper.',
      severity: 'error',
      from: { path: '^(libs|services)/([^/]+)/' },
      to: { path: '^(libs|services)/[^/]+/', pathNot: ['^$1/$2/', ...INDEXES] },
    },
    {
      name: 'integration-tests-only-through-an-index',
      comment: 'But for fuzz, which is for the parsers that no index shows.',
      severity: 'error',
      from: { path: '^(test|tools)/', pathNot: '^test/integration/fuzz/' },
      to: { path: '^(libs|services)/[^/]+/src/', pathNot: INDEXES },
    },
    {
      name: 'oci-is-pure',
      comment: 'libs/oci has no input or output, so that its rules can be tested as functions.',
      severity: 'error',
      from: { path: '^libs/oci/src/', pathNot: SPEC },
      to: { path: '^(node:)?(fs|net|http|https|http2|tls|dgram|child_process|worker_threads)(/|$)' },
    },
    {
      name: 'no-nest-in-oci-and-platform',
      severity: 'error',
      from: { path: '^libs/(oci|platform)/' },
      to: { path: '(^|/)@nestjs/' },
    },
    {
      name: 'outside-tests-import-nothing-of-ours',
      comment: 'They prove what a client sees, so they must run against any registry.',
      severity: 'error',
      from: { path: '^test/(clients|conformance|bench|faults|model|protocol|support)/' },
      to: { path: ['^libs/', '^services/', '(^|/)@lading/'] },
    },
    {
      name: 'only-composition-roots-name-adapters',
      comment: 'Code asks for a port; app.module.ts, main.ts and standalone choose the adapter. Adapters share parts.',
      severity: 'error',
      from: { path: '^services/', pathNot: [...COMPOSITION_ROOTS, ADAPTER] },
      to: { path: `^(libs|services)/.*${ADAPTER}` },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@lading/source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
