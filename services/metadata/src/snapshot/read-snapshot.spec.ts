import { Unavailable } from '@lading/oci';
import { createTestDatabase } from '@lading/testing';
import { closePools, openPools } from '../database/open-pools.js';
import { migrateRegistry } from '../migrate.js';
import { readSnapshot } from './read-snapshot.js';

it('limit snapshot-time: ends with an error when it has been read for too long, and gives its connection back', async () => {
  const database = await createTestDatabase({ name: 'registry', migrate: (url) => migrateRegistry({ url }) });
  const pools = openPools({ url: database.url });
  await pools.write.query(
    `INSERT INTO registry.project_group (path, created_by) VALUES ('team', 'account:1');
     INSERT INTO registry.project (group_id, path, created_by) SELECT id, 'team/app', 'account:1' FROM registry.project_group`,
  );
  const pages = readSnapshot(pools, 0);
  expect((await pages.next()).value).toMatchObject({ cursor: '0' });
  await expect(pages.next()).rejects.toBeInstanceOf(Unavailable);
  const { totalCount, idleCount } = pools.write;
  expect([totalCount, idleCount]).toEqual([1, 1]);
  const whole = [];
  for await (const page of readSnapshot(pools, 60_000)) whole.push(page);
  expect(whole).toHaveLength(2);
  await closePools(pools);
  await database.drop();
});
