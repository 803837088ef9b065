import { migrateRegistry } from '@lading/metadata';
import { createTestDatabase, type TestDatabase } from '@lading/testing';

const ALL = [
  'Registry0001700000000001',
  'Registry0002700000000002',
  'Registry0003700000000003',
  'Registry0004700000000004',
  'Registry0005700000000005',
  'Registry0008700000000008',
  'Registry0009700000000009',
  'Registry00109700000000010',
  'event log 0000000000001',
];

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

it('each runs once: the second run has nothing to do', async () => {
  expect(await migrateRegistry(database)).toEqual(ALL);
  expect(await migrateRegistry(database)).toEqual([]);
});

it('three processes at once run each of them once', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => migrateRegistry(database)));
  expect(ran.flat()).toEqual(ALL);
});
