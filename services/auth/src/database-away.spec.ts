import { Unavailable } from '@lading/oci';
import { orUnavailable } from './database-away.js';

const failed = (message: string, code?: string) =>
  orUnavailable(Promise.reject(Object.assign(new Error(message), { code })));

it.each([
  ['ECONNREFUSED', 'connect ECONNREFUSED'],
  ['57P01', 'terminating connection due to administrator command'],
  ['57014', 'canceling statement due to statement timeout'],
  ['53300', 'sorry, too many clients already'],
  [undefined, 'Connection terminated unexpectedly'],
  [undefined, 'timeout exceeded when trying to connect'],
])('takes %s (%s) as a database that is away', async (code, message) => {
  await expect(failed(message, code)).rejects.toBeInstanceOf(Unavailable);
});

it.each([
  ['42P01', 'relation "auth.account" does not exist'],
  ['23505', 'duplicate key value violates unique constraint'],
  [undefined, 'anything else'],
])('leaves %s (%s) as it is', async (code, message) => {
  await expect(failed(message, code)).rejects.toThrow(message);
  await expect(failed(message, code)).rejects.not.toBeInstanceOf(Unavailable);
});
