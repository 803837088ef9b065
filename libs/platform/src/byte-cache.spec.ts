import { ByteCache } from './byte-cache.js';

const bytes = (length: number) => Buffer.alloc(length, length);

it('drops what was used longest ago once there are too many bytes', () => {
  const cache = new ByteCache<string>({ mostBytes: 10 });
  cache.set('a', bytes(4));
  cache.set('b', bytes(5));
  cache.get('a');
  cache.set('c', bytes(3));
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([bytes(4), undefined, bytes(3)]);
  expect(cache.bytes).toBe(7);
});

it('keeps no value that is longer than allowed, and counts one that is set again once', () => {
  const cache = new ByteCache<number>({ mostBytes: 10, longest: 3 });
  cache.set(1, bytes(4));
  cache.set(2, bytes(3));
  cache.set(2, bytes(3));
  expect([cache.get(1), cache.bytes]).toEqual([undefined, 3]);
});
