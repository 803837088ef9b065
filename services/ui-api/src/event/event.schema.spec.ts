import { readFeedQuery } from './event.schema.js';

it('takes the usual where nothing is said', () => {
  expect(readFeedQuery({})).toEqual({ after: undefined, limit: 100 });
});

it('takes what is said, and leaves alone what it does not know', () => {
  expect(readFeedQuery({ after: '12', limit: '1000', page: '3' })).toEqual({ after: '12', limit: 1000 });
  expect(readFeedQuery({ after: 'latest' })).toMatchObject({ after: 'latest' });
});

it('goes on from where a browser was, whatever the address says', () => {
  expect(readFeedQuery({ after: '12' }, '15')).toMatchObject({ after: '15' });
});

it.each(['0', '1001', '-1', '1e2', '1.5', '', ' 5', ['1', '2']])('refuses limit=%j', (limit) => {
  const message = '400 Bad Request - limit must be a whole number from 1 to 1000';
  expect(() => readFeedQuery({ limit })).toThrow(message);
});

it('limit cursor-length: takes a cursor of 64 characters, and none of 65', () => {
  expect(readFeedQuery({ after: 'x'.repeat(64) }).after).toHaveLength(64);
  expect(() => readFeedQuery({ after: 'x'.repeat(65) })).toThrow('400 Bad Request - after must be');
});

it.each(['', 'a b', '12\n', ['1', '2']])('refuses after=%j', (after) => {
  expect(() => readFeedQuery({ after })).toThrow('400 Bad Request - after must be a cursor that this feed gave');
});
