import { edge, freshDigest, freshName, image } from './support/content.js';
import { Registry } from './support/registry.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterAll(() => registry.close());

// Each edge without a target takes part in the advisory locks of its repository (T12); PostgreSQL's lock table is small.
it('takes several manifests of 10,000 edges without a target at once', async () => {
  const scope = await registry.scope(freshName());
  const edges = () => Array.from({ length: 10_000 }, () => edge(freshDigest(), 'other', false));
  const puts = Array.from({ length: 6 }, () => image(scope, [], { edges: edges() }));
  await Promise.all(puts.map((put) => registry.manifests.putManifest(put)));
  const [count] = await registry.rows<{ edges: number }>(
    `SELECT count(*)::int AS edges FROM registry.manifest_edge e
     JOIN registry.repository r ON r.id = e.repository_id WHERE r.full_path = $1`,
    [scope.name],
  );
  expect(count?.edges).toBe(60_000);
});
