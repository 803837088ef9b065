import { makeRefreshToken, refreshTokenDigest } from './refresh-token.js';

it('makes tokens of 256 random bits that no header or form has to escape', () => {
  const tokens = Array.from({ length: 1000 }, () => makeRefreshToken().token);
  expect(new Set(tokens).size).toBe(1000);
  for (const token of tokens) expect(token).toMatch(/^lading_rt_[A-Za-z0-9_-]{43}$/);
});

it('finds a token that it made', () => {
  const { token, digest } = makeRefreshToken();
  expect(refreshTokenDigest(token)).toEqual(digest);
});

it('knows a token by its SHA-256', () => {
  const token = `lading_rt_${'a'.repeat(43)}`;
  expect(refreshTokenDigest(token)?.toString('hex')).toBe(
    'd03ecec3a7a75371e8b6feaba7eaea69ec5ac3dc08cb8b1983c25badd9cc1336',
  );
});

it.each([
  '',
  'lading_rt_',
  `lading_rt_${'a'.repeat(42)}`,
  `lading_rt_${'a'.repeat(44)}`,
  `lading_rt_${'a'.repeat(42)}\n`,
])('takes %j for none', (text) => {
  expect(refreshTokenDigest(text)).toBeUndefined();
});
