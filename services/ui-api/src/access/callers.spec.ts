import { InvalidToken, type VerifiedToken } from '@lading/access-token';
import type { AuthPort } from '@lading/rpc';
import { Callers } from './callers.js';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const NOBODY = { authenticated: false, principal: '', credential: '', grants: [] };
const asked: object[] = [];

const auth = {
  authorizeBasic: async (request) => {
    asked.push(request);
    const isRight = request.password === 'right';
    return isRight ? { ...NOBODY, authenticated: true, principal: 'account:1', credential: 'account:1' } : NOBODY;
  },
  authorizeAdministrator: async ({ principal }) => ({ administrator: principal === 'account:1' }),
} as Partial<AuthPort> as AuthPort;

const tokens = new Map([
  ['admin', 'account:1'],
  ['anonymous', ''],
]);
const verifier = {
  verify: async (token: string) => {
    const principal = tokens.get(token);
    if (principal === undefined) throw new InvalidToken('signature');
    return { principal, credential: principal, expiresAt: new Date(5_000) } as VerifiedToken;
  },
};
const callers = new Callers(auth, verifier);

it('knows a caller by password or access token', async () => {
  const principal = { principal: 'account:1', credential: 'account:1' };
  expect(await callers.identify(basic('admin:right'), '10.0.0.1')).toEqual({ ...principal, expiresAtMs: Infinity });
  expect(asked.at(-1)).toEqual({ username: 'admin', password: 'right', scopes: [], address: '10.0.0.1' });
  expect(await callers.identify('Bearer admin', '')).toEqual({ ...principal, expiresAtMs: 5_000 });
  expect(await callers.identify('bearer  admin ', '')).toMatchObject(principal);
});

it.each([
  undefined,
  '',
  'Basic',
  basic('admin:wrong'),
  basic(':'),
  basic('admin'),
  'Bearer',
  'Bearer forged',
  'Bearer anonymous',
  'Bearer admin admin',
  'Digest admin',
])('answers 401 to %j', async (header) => {
  await expect(callers.identify(header, '')).rejects.toMatchObject({ status: 401, message: '401 Unauthorized' });
});

it('answers 403 to who is no administrator, and 401 once the token has ended', async () => {
  const admin = { principal: 'account:1', credential: 'account:1', expiresAtMs: Date.now() + 60_000 };
  await expect(callers.assertAdministrator(admin)).resolves.toBeUndefined();
  await expect(callers.assertAdministrator({ ...admin, principal: 'account:2' })).rejects.toMatchObject({
    status: 403,
  });
  await expect(callers.assertAdministrator({ ...admin, expiresAtMs: Date.now() })).rejects.toMatchObject({
    status: 401,
  });
});

it('says what is wrong when tokens cannot be checked at all', async () => {
  const broken = new Callers(auth, { verify: () => Promise.reject(new Error('auth is away')) });
  await expect(broken.identify('Bearer admin', '')).rejects.toThrow('auth is away');
});
