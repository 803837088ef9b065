import type { IncomingMessage } from 'node:http';
import type { AuthPort } from '@lading/rpc';
import { Authenticator } from './authenticator.js';
import type { BearerStrategy } from './bearer-strategy.js';

const HOUR = 3_600_000;

/** Counts how often a token is checked: a token that was kept is checked once. */
function checksOf(principal: string, header: string): Promise<number> {
  let checks = 0;
  const verify = async () => {
    checks += 1;
    const now = Date.now();
    return { principal, credential: principal, grants: [], issuedAt: new Date(now), expiresAt: new Date(now + HOUR) };
  };
  const authenticator = new Authenticator({ verify } as unknown as BearerStrategy, {} as AuthPort);
  const req = { headers: { authorization: header } } as IncomingMessage;
  const ask = () =>
    authenticator.authenticate({ req, client: { address: '', scheme: 'http', host: undefined } }, [], {});
  return ask()
    .then(ask)
    .then(() => checks);
}

it('keeps a token of an account, so that its signature is checked once', async () => {
  expect(await checksOf('account:1', 'Bearer abc')).toBe(1);
});

it('keeps no token of nobody: anyone can ask for as many as they like', async () => {
  expect(await checksOf('', 'Bearer abc')).toBe(2);
});

it('keeps no very long token', async () => {
  expect(await checksOf('account:1', `Bearer ${'a'.repeat(5_000)}`)).toBe(2);
});
