import { Unavailable } from '@lading/oci';
import { databaseAwayOr } from './database-away.js';

const failed = (message: string, code?: string) => Object.assign(new Error(message), { code });

it.each([
  ['ECONNREFUSED', 'connect ECONNREFUSED'],
  ['57P01', 'terminating connection due to administrator command'],
  ['57014', 'canceling statement due to statement timeout'],
  ['53300', 'sorry, too many clients already'],
  ['40P01', 'deadlock detected'],
  [undefined, 'Connection terminated unexpectedly'],
  [undefined, 'Connection terminated due to connection timeout'],
  [undefined, 'timeout exceeded when trying to connect'],
  [undefined, 'Query read timeout'],
])('takes %s (%s) as a database that is away', (code, message) => {
  const error = failed(message, code);
  expect(databaseAwayOr(error)).toBeInstanceOf(Unavailable);
  expect(databaseAwayOr(error)).toMatchObject({ cause: error, retryAfterSeconds: 5 });
});

it.each([
  failed('relation "auth.account" does not exist', '42P01'),
  failed('duplicate key value violates unique constraint', '23505'),
  failed('anything else'),
  new Unavailable('connection terminated', { retryAfterSeconds: 60 }),
  undefined,
])('leaves %s as it is', (error) => {
  expect(databaseAwayOr(error)).toBe(error);
});
