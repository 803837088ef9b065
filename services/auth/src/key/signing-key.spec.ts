import { type AgedKey, chooseSigningKey } from './signing-key.js';

const key = (name: string, ageSeconds: number) => ({ name, ageSeconds });

it.each<[string, [AgedKey & { name: string }, ...(AgedKey & { name: string })[]], string]>([
  ['the first key at once', [key('a', 0)], 'a'],
  ['the older key while the new one is only published', [key('a', 9_000), key('b', 59)], 'a'],
  ['the new key after a minute', [key('a', 9_000), key('b', 60)], 'b'],
  ['the oldest of two young ones', [key('a', 20), key('b', 5)], 'a'],
])('signs with %s', (_, keys, name) => {
  expect(chooseSigningKey(keys).name).toBe(name);
});
