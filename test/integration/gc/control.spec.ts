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
  for (let n = 0; n < 3; n++) expect(await control.check()).toBeUndefined();
  own += 4 * MINUTE;
  expect(await control.check()).toBeUndefined();
});

it.each([
  ['forward', -6 * MINUTE],
  ['back', 6 * MINUTE],
])('T18: halts when the clock of the database is set %s, and until an operator resumes', async (_, shift) => {
  const control = collector();
  await control.check();
  own += shift;
  expect(await control.check()).toMatchObject({ reason: expect.stringContaining('jumped by') });
  for (const each of [control, collector()]) expect(await each.check()).toBeDefined();
  await control.resume();
  for (const each of [control, collector()]) expect(await each.check()).toBeUndefined();
});

it('T18: halts at a start when the clock was set back while no collector ran', async () => {
  await collector().check();
  await pool.query(`UPDATE gc.control SET seen_at = clock_timestamp() + interval '6 minutes'`);
  expect(await collector().check()).toBeDefined();
});

it('is halted by an operator, with the reason', async () => {
  await collector().halt('moving the disks');
  expect(await collector().check()).toMatchObject({ reason: 'moving the disks' });
});
