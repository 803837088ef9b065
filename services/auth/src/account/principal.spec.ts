import { accountIdOf, accountPrincipal } from './principal.js';

it('finds the account behind a principal', () => {
  expect(accountIdOf(accountPrincipal({ id: '12', isAdmin: false }).id)).toBe('12');
});

it.each(['', 'account:', 'account:0', 'account:1x', 'token:1', 'account:1234567890123456789'])(
  'finds none behind %j',
  (principal) => {
    expect(accountIdOf(principal)).toBeUndefined();
  },
);
