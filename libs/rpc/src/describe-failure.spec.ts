import { describeFailure } from './describe-failure.js';

it.each([
  [Object.assign(new Error('listen EADDRINUSE: address already in use 127.0.0.1:5000'), { code: 'EADDRINUSE' })],
  // What grpc-js says.
  [
    new Error(
      'No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 127.0.0.1:5000]',
    ),
  ],
])('names an address that is taken', (error) => {
  expect(describeFailure(error)).toBe('127.0.0.1:5000 is taken by another program');
});

it('says that the database is away in one line', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  expect(describeFailure(error)).toBe('the database cannot be used: connect ECONNREFUSED 127.0.0.1:1');
});

it.each(['53100', 'ENOSPC', 'EDQUOT'])('says that a disk is full (%s)', (code) => {
  const error = Object.assign(new Error('could not extend file'), { code });
  expect(describeFailure(error)).toBe('No space is left on the disk: could not extend file');
});

it('shows the message alone of an error that is written for operators', () => {
  const error = Object.assign(new Error('LADING_PORT=x is no port'), { name: 'ConfigError' });
  expect(describeFailure(error)).toBe('LADING_PORT=x is no port');
});

it('shows the whole of an error that nobody expected', () => {
  expect(describeFailure(new TypeError('x is undefined'))).toContain('describe-failure.spec');
});
