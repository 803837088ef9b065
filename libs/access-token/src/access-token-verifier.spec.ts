import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { type AccessTokenClaims, claimToGrant, grantToClaim } from './access-token-claims.js';
import { AccessTokenVerifier, type VerifyOptions } from './access-token-verifier.js';

const ISSUER = '0190f0f0-0000-7000-8000-000000000000';
const NOW_S = 1_800_000_000;

interface Pair {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const makePair = (kid: string): Pair => ({ kid, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) });
const first = makePair('first');
const second = makePair('second');

const claims: AccessTokenClaims = {
  iss: ISSUER,
  aud: 'lading',
  sub: 'account:1',
  cred: 'account:1',
  jti: 'j',
  iat: NOW_S,
  nbf: NOW_S - 60,
  exp: NOW_S + 600,
  access: [{ type: 'repository', name: 'a/b', actions: ['pull'], project: 4, level: 2, at: 5, push: true }],
};

function sign(changes: object = {}, pair = first, header: object = {}): Promise<string> {
  const { privateKey, kid } = pair;
  return new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'ES256', kid, ...header }).sign(privateKey);
}

/** A token put together by hand, for what a library refuses to sign. */
function forge(header: object, signature: (text: string) => string): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${signature(text)}`;
}

async function jwksOf(pairs: readonly Pair[]): Promise<string> {
  const keys = pairs.map(async ({ kid, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }));
  return JSON.stringify({ keys: await Promise.all(keys) });
}

/** `auth` as the verifier sees it, and a clock. */
class World {
  now = NOW_S * 1000;
  pairs = [first];
  reads = 0;
  away = false;
  readonly verifier = new AccessTokenVerifier({
    now: () => this.now,
    getKeys: async () => {
      this.reads += 1;
      if (this.away) throw new Error('auth is away');
      return { jwks: await jwksOf(this.pairs), issuer: ISSUER };
    },
  });
  verify = async (token: string | Promise<string>, options?: VerifyOptions) =>
    this.verifier.verify(await token, options);
}

let world: World;
beforeEach(() => {
  world = new World();
});

it('gives what was signed', async () => {
  expect(await world.verify(sign())).toEqual({
    principal: 'account:1',
    credential: 'account:1',
    issuedAt: new Date(NOW_S * 1000),
    expiresAt: new Date((NOW_S + 600) * 1000),
    grants: claims.access.map(claimToGrant),
  });
});

it('brings every field of a grant through the claim and back', () => {
  const grant = {
    type: 'repository',
    name: 'a/b',
    actions: ['pull'],
    projectId: 1,
    projectLevel: 2,
    groupId: 3,
    resolvedXid: 4,
    mayPush: true,
  };
  const empty = {
    ...grant,
    actions: [],
    projectId: undefined,
    projectLevel: 0,
    groupId: undefined,
    resolvedXid: 0,
    mayPush: false,
  };
  for (const each of [grant, empty]) expect(claimToGrant(grantToClaim(each))).toEqual(each);
  expect(grantToClaim(empty)).toEqual({ type: 'repository', name: 'a/b', actions: [] });
});

describe('AUTH-16: refuses', () => {
  const publicPem = first.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const hmac = (text: string) => createHmac('sha256', publicPem).update(text).digest('base64url');

  const ecdsa = (text: string) =>
    signBytes('sha256', Buffer.from(text), { key: first.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');

  it('nothing that is put together by hand but right', async () => {
    await expect(world.verify(forge({ alg: 'ES256', kid: 'first' }, ecdsa))).resolves.toBeDefined();
  });

  it.each([
    ['alg none', () => forge({ alg: 'none', kid: 'first' }, () => '')],
    ['HS256 with the public key as its secret', () => forge({ alg: 'HS256', kid: 'first' }, hmac)],
    ['an HMAC under the name of ES256', () => forge({ alg: 'ES256', kid: 'first' }, hmac)],
    [
      'a key of its own in the header',
      async () => sign({}, { ...second, kid: 'first' }, { jwk: await exportJWK(second.publicKey) }),
    ],
    ['another key under a known key id', () => sign({}, { ...second, kid: 'first' })],
    ['a key id that nobody published', () => sign({}, { ...first, kid: 'nobody' })],
    ['no key id', () => sign({}, first, { kid: undefined })],
    ['a critical header it does not know', () => forge({ alg: 'ES256', kid: 'first', crit: ['x'], x: 1 }, ecdsa)],
    ['another audience', () => sign({ aud: 'other' })],
    ['several audiences', () => sign({ aud: ['lading', 'other'] })],
    ['another issuer', () => sign({ iss: 'other' })],
    ['an expired one', () => sign({ exp: NOW_S - 61 })],
    ['one not valid yet', () => sign({ nbf: NOW_S + 61 })],
    ['no expiry', () => sign({ exp: undefined })],
    ['no subject', () => sign({ sub: undefined })],
    ['grants of another shape', () => sign({ access: [{ type: 'repository', name: 'a/b', actions: 'pull' }] })],
    ['more than 100 grants', () => sign({ access: Array(101).fill(claims.access[0]) })],
    ['no token at all', () => ''],
    ['a text without dots', () => 'abc'],
    ['a very long text', () => `${'a'.repeat(70_000)}.b.c`],
  ])('%s', async (_, token) => {
    await expect(world.verify(token())).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('one with a changed payload', async () => {
    const [head, , signature] = (await sign()).split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'account:2' })).toString('base64url');
    await expect(world.verify(`${head}.${payload}.${signature}`)).rejects.toMatchObject({ reason: 'signature' });
  });
});

it('limit clock-difference: takes clocks that differ by a minute, and none that differ by more', async () => {
  await expect(world.verify(sign({ exp: NOW_S - 59 }))).resolves.toBeDefined();
  await expect(world.verify(sign({ nbf: NOW_S + 59 }))).resolves.toBeDefined();
  await expect(world.verify(sign({ exp: NOW_S - 61 }))).rejects.toMatchObject({ reason: 'expired' });
  await expect(world.verify(sign({ nbf: NOW_S + 61 }))).rejects.toMatchObject({ name: 'InvalidToken' });
});

describe('with allowExpired', () => {
  const late = { allowExpired: true };

  it('limit token-life: takes an expired token and says when it ended; otherwise it is refused', async () => {
    const exp = NOW_S - 86_400;
    const token = sign({ iat: exp - 600, nbf: exp - 660, exp });
    await expect(world.verify(token)).rejects.toMatchObject({ reason: 'expired' });
    await expect(world.verify(token, late)).resolves.toMatchObject({ expiresAt: new Date(exp * 1000) });
  });

  it.each([
    ['a forged signature', () => sign({ exp: NOW_S - 3600 }, { ...second, kid: 'first' })],
    ['another issuer', () => sign({ exp: NOW_S - 3600, iss: 'other' })],
    ['another audience', () => sign({ exp: NOW_S - 3600, aud: 'other' })],
    ['no expiry', () => sign({ exp: undefined })],
    ['one not valid yet', () => sign({ nbf: NOW_S + 3600, exp: NOW_S + 7200 })],
  ])('still refuses %s', async (_, token) => {
    await expect(world.verify(token(), late)).rejects.toMatchObject({ name: 'InvalidToken' });
  });
});

describe('the published keys', () => {
  it('are read once for many tokens', async () => {
    const token = await sign();
    await Promise.all(Array.from({ length: 20 }, () => world.verify(token)));
    expect(world.reads).toBe(1);
  });

  it('are read again for a key id that was rotated in', async () => {
    await world.verify(sign());
    world.pairs = [first, second];
    world.now += 3_000;
    await expect(world.verify(sign({}, second))).resolves.toBeDefined();
    expect(world.reads).toBe(2);
  });

  it('are read at most once in three seconds, however many key ids are made up', async () => {
    await world.verify(sign());
    for (let step = 0; step < 30; step += 1) {
      world.now += 200;
      await expect(world.verify(sign({}, makePair(`made up ${step}`)))).rejects.toMatchObject({
        reason: 'unknown key id',
      });
    }
    expect(world.reads).toBe(3);
  });

  it('go on working while auth is away, and end when they are no longer published', async () => {
    await world.verify(sign());
    world.away = true;
    world.now += 5 * 60_000;
    await expect(world.verify(sign({ exp: NOW_S + 3600 }))).resolves.toBeDefined();
    world.away = false;
    world.pairs = [second];
    world.now += 5 * 60_000;
    await expect(world.verify(sign({ exp: NOW_S + 3600 }))).rejects.toMatchObject({ reason: 'unknown key id' });
  });

  it('are asked for again after a failed first read', async () => {
    world.away = true;
    await expect(world.verify(sign())).rejects.toThrow('auth is away');
    world.away = false;
    await expect(world.verify(sign())).resolves.toBeDefined();
  });

  it('may not hold a key that is not P-256', async () => {
    const jwks = JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'first', alg: 'HS256' }] });
    const verifier = new AccessTokenVerifier({ getKeys: async () => ({ jwks, issuer: ISSUER }) });
    await expect(verifier.verify(await sign())).rejects.toThrow();
  });
});
