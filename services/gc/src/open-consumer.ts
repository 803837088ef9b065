import { PgEventConsumer } from '@lading/events';
import { Unavailable } from '@lading/oci';
import type { Logger } from '@lading/platform';
import { databaseAwayOr } from '@lading/rpc';
import type { Pool } from 'pg';

/** The group of all collectors, on a log in the same PostgreSQL. */
export function openConsumer(pool: Pool, logger: Logger): PgEventConsumer {
  const isPassing = (error: unknown) => databaseAwayOr(error) instanceof Unavailable;
  return new PgEventConsumer(pool, { schema: 'gc', group: 'gc', logger, isPassing });
}
