import { type Registry, startRegistry } from '../support/registry.js';
import { CLAUSES, contentOf } from './clauses.js';
import { disabledOf, nameOf, type Setup, setups, testsOf } from './matrix.js';
import { runNewSuite, type SuiteRun } from './new-suite.js';
import { notPassed, totals } from './suite-test.js';

/** Start of a registry, 200 s at most for the suite, and the end of both. */
const LIMIT_MS = 280_000;

async function onFreshRegistry<T>(env: Record<string, string>, use: (registry: Registry) => Promise<T>): Promise<T> {
  const registry = await startRegistry(env);
  try {
    return await use(registry);
  } finally {
    await registry.stop();
  }
}

function runSetup(setup: Setup): Promise<SuiteRun> {
  const env = { LADING_SPARSE: setup.sparse, LADING_CHALLENGE: setup.challenge };
  return onFreshRegistry(env, (registry) =>
    runNewSuite(registry, nameOf(setup), {
      OCI_VERSION: setup.version,
      OCI_CACHE_AUTH: `${setup.keepsTokens}`,
      OCI_DATA_SPARSE: `${setup.sparse === 'all'}`,
    }),
  );
}

describe.each(setups().map((setup) => ({ name: nameOf(setup), setup })))(
  "the specification's suite: $name",
  ({ name, setup }) => {
    let run: SuiteRun;

    beforeAll(async () => {
      run = await runSetup(setup);
      process.stdout.write(`conformance ${name}: ${totals(run.tests)}\n`);
    }, LIMIT_MS);

    it('PUB-04, PUB-06, regression project-zot/zot#4163: passes, without a test that failed or was skipped', () => {
      expect(notPassed(run.tests)).toEqual([]);
      expect([run.verdict, run.exitCode]).toEqual(['Pass', 0]);
    });

    it(`RUN-04: ran all of its ${testsOf(setup)} tests`, () => {
      expect(run.tests).toHaveLength(testsOf(setup));
    });

    it('RUN-04: gives each API and each kind of data a pass, but for those that were not asked for', () => {
      const others = [...run.verdicts].filter(([, status]) => status !== 'Pass');
      expect(run.verdicts.size).toBe(28 + 24);
      expect(new Map(others)).toEqual(new Map(disabledOf(setup).map((kind) => [kind, 'Disabled'])));
    });

    it('CT-16: took every kind of content', () => {
      expect(run.groups).toEqual(expect.arrayContaining(contentOf(setup)));
    });

    const clauses = CLAUSES.filter(({ appliesTo }) => appliesTo?.(setup) ?? true);
    it.each(clauses)('$says', ({ tests, least }) => {
      const its = run.tests.filter(({ name: test }) => tests.test(test));
      expect(its.length).toBeGreaterThanOrEqual(least);
      expect(its.filter(({ status }) => status !== 'Pass')).toEqual([]);
    });
  },
);

describe('a run of the suite that must not count as passed', () => {
  it(
    'MAN-30: fails where manifests with missing blobs are pushed to a registry that refuses them',
    async () => {
      const env = { OCI_VERSION: '1.1', OCI_DATA_SPARSE: 'true' };
      const run = await onFreshRegistry({ LADING_SPARSE: 'off' }, (registry) => runNewSuite(registry, 'refused', env));
      expect(notPassed(run.tests).join('\n')).toContain('FAIL: sparse/push/manifest-by-digest');
      expect(run.verdicts.get('Sparse Manifests')).toBe('FAIL');
      expect([run.verdict, run.exitCode]).toEqual(['FAIL', 1]);
    },
    LIMIT_MS,
  );

  it('RUN-04: is none where the suite does not know a setting, though it exits with 0', async () => {
    const nowhere = { host: '127.0.0.1:9', user: 'admin', password: 'x' } as Registry;
    const run = runNewSuite(nowhere, 'unknown-version', { OCI_VERSION: '9' });
    await expect(run).rejects.toThrow(/wrote no results[\s\S]*exit 0/);
  });
});
