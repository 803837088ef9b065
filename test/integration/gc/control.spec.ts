import { createPool } from '@lading/database';
import { Control, migrateGc } from '@lading/gc';
import { createLogger } from '@lading/platform';
import { createTestDatabase, type TestDatabase } from '@lading/testing';
import type { Pool } from 'pg';

const MINUTE = 60_000;
const logger = createLogger({ service: 'spec', level: 'fatal' });

let database: TestDatabase;
let pool: Pool;
/** Of the collector's own clock, milliseconds. The database's cannot be set, so a jump is made by setting this one. */
let own: number;
beforeEach(async () => {
  database = await createTestDatabase({ name: 'gc', migrate: (url) => migrateGc({ url }) });
  pool = createPool({ url: database.url, max: 2, applicationName: 'spec' });
  own = 1_000_000_000;
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});
const collector = () => new Control(pool, logger, () => own);

it('lets collection go on while the clocks agree', async () => {
  const control = collector();
  for (let n = 0; n < 3; n++) expect(await control.check()).toEqual({});
  own += 4 * MINUTE;
  expect(await control.check()).toEqual({});
});

it.each([
  ['forward', -6 * MINUTE],
  ['back', 6 * MINUTE],
])('T18: halts when the clock of the database is set %s, and until an operator confirms', async (_, shift) => {
  const control = collector();
  await control.check();
  own += shift;
  expect((await control.check()).halt).toMatchObject({ reason: expect.stringContaining('jumped by') });
  for (const each of [control, collector()]) expect((await each.check()).halt).toBeDefined();
  await control.resume('account:1');
  for (const each of [control, collector()]) expect((await each.check()).halt).toBeDefined();
  await control.confirm('account:1');
  for (const each of [control, collector()]) expect(await each.check()).toEqual({});
});

it('T18: halts at a start when the clock was set back while no collector ran', async () => {
  await collector().check();
  await pool.query(`UPDATE gc.control SET seen_at = clock_timestamp() + interval '6 minutes'`);
  expect((await collector().check()).halt).toBeDefined();
});

it('is paused by an operator, with the first reason, until it is resumed', async () => {
  await collector().pause('moving the disks', 'account:1');
  await collector().pause('another thing', 'account:2');
  const pause = { reason: 'moving the disks', actor: 'account:1', since: expect.any(Date) };
  expect(await collector().check()).toEqual({ pause });
  await collector().confirm('account:1');
  expect(await collector().read()).toEqual({ pause });
  await collector().resume('account:1');
  expect(await collector().check()).toEqual({});
});

it('keeps a pace for every collector', async () => {
  await collector().setPace(50, 'account:1');
  expect(await collector().check()).toEqual({ pace: 50 });
  await collector().setPace(undefined, 'account:1');
  expect(await collector().check()).toEqual({});
});
