import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { AccessTokenVerifier, InvalidToken } from '@lading/access-token';
import { makeRefreshToken, refreshTokenDigest } from '../../../services/auth/src/refresh-token/refresh-token.js';
import { readForm } from '../../../services/auth/src/token/token.schema.js';
import { TokenRefused } from '../../../services/auth/src/token/token-refused.js';
import { accepted, fuzz, fuzzSigned } from './fuzz.js';

const ISSUER = '0190f0f0-0000-7000-8000-000000000000';
const CLAIMS = {
  iss: ISSUER,
  aud: 'lading',
  sub: 'account:1',
  cred: 'account:1',
  jti: 'j',
  access: [{ type: 'repository', name: 'a/b', actions: ['pull'] }],
};

/** A token, and who judges it. */
function signed() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' };
  const now = Math.floor(Date.now() / 1000);
  const claims = { ...CLAIMS, iat: now, nbf: now - 60, exp: now + 3600 };
  const text = [{ alg: 'ES256', kid: 'k' }, claims].map(base64url).join('.');
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const getKeys = async () => ({ jwks: JSON.stringify({ keys: [jwk] }), issuer: ISSUER });
  const token = `${text}.${signature.toString('base64url')}`;
  return { token, claims, verifier: new AccessTokenVerifier({ getKeys }) };
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

it('AUTH-16: an access token gives what was signed, or is refused, whatever was made of it', async () => {
  const { token, claims, verifier } = signed();
  const right = await verifier.verify(token);
  const [head, payload, signature] = token.split('.') as [string, string, string];
  const more = base64url({ ...claims, sub: 'account:2', access: [{ ...CLAIMS.access[0], actions: ['pull', 'push'] }] });
  const none = base64url({ alg: 'none', kid: 'k' });
  const write = (kept: string) =>
    kept
      .replaceAll('HEAD', head)
      .replaceAll('PAYLOAD', payload)
      .replaceAll('SIGNATURE', signature)
      .replaceAll('MORE', more)
      .replaceAll('NONE', none);
  let refused = 0;
  await fuzzSigned('access-tokens', ['.', head, payload, signature, more, none, '=', 'e30'], write, async (text) => {
    const verified = await verifier.verify(text).catch((error: unknown) => {
      if (error instanceof InvalidToken) return undefined;
      throw error;
    });
    if (verified === undefined) {
      refused += 1;
      expect(text).not.toBe(token);
      return;
    }
    // The spare bits of a signature's last character, and what is no Base64, say nothing: the text before it counts.
    expect(verified).toEqual(right);
    expect(text.slice(0, text.lastIndexOf('.'))).toBe(`${head}.${payload}`);
  });
  expect(refused).toBeGreaterThan(100);
});

it('TOK-20, LOGIN-05: the form of a token request is one of its grants with what that needs, or refused', () => {
  const names = ['grant_type', 'username', 'password', 'refresh_token', 'access_type', 'scope'];
  const words = ['=', '&', 'offline', '%', '+', '%00', '%26', 'repository:a/b:pull', '[]', '__proto__'];
  fuzz('token-forms', [...names, ...words], (text) => {
    const body = new URLSearchParams(text);
    const form = accepted(TokenRefused, () => readForm(body));
    const grant = body.get('grant_type');
    const has = (name: string) => Boolean(body.get(name));
    const whole = grant === 'password' ? has('username') && has('password') : grant === 'refresh_token' && has(grant);
    // Too many scopes are the one other reason, and the longest text here has few.
    expect([text, form !== undefined]).toEqual([text, whole]);
    if (form === undefined) return;
    expect(form.grantType).toBe(grant);
    if (form.grantType === 'refresh_token') expect(form.refreshToken).toBe(body.get('refresh_token'));
    else
      expect([form.username, form.password, form.offline]).toEqual([
        body.get('username'),
        body.get('password'),
        body.get('access_type') === 'offline',
      ]);
  });
});

it('TOK-23: a refresh token is looked up by its digest when it has its form, and nothing else is looked up', () => {
  const made = Array.from({ length: 50 }, makeRefreshToken);
  for (const { token, digest } of made) expect(refreshTokenDigest(token)).toEqual(digest);
  fuzz('refresh-tokens', ['lading_rt_', 'a'.repeat(43), 'A', '-', '_', '.', '\n', ' ', made[0]!.token], (text) => {
    const [prefix, rest] = [text.slice(0, 10), text.slice(10)];
    const isToken = prefix === 'lading_rt_' && rest.length === 43 && !/[^A-Za-z0-9_-]/.test(rest);
    expect(refreshTokenDigest(text)).toEqual(isToken ? createHash('sha256').update(text).digest() : undefined);
  });
});
