import { BoundedMap } from './bounded-map.js';

describe('BoundedMap', () => {
  it('drops the entry used longest ago when it is full', () => {
    const map = new BoundedMap<string, number>({ maxEntries: 2 });
    map.set('a', 1);
    map.set('b', 2);
    map.get('a');
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
  });

  it('holds a value until its time is over, and a new set starts the time again', () => {
    let now = 0;
    const map = new BoundedMap<string, number>({ maxEntries: 9, ttlMs: 10, now: () => now });
    map.set('a', 1);
    now = 9;
    expect(map.get('a')).toBe(1);
    now = 10;
    expect(map.get('a')).toBeUndefined();
    expect(map.size).toBe(0);
    map.set('a', 2);
    now = 19;
    expect(map.get('a')).toBe(2);
  });

  it('keeps the values null and 0 apart from absence', () => {
    const map = new BoundedMap<string, number | null>({ maxEntries: 2 });
    map.set('null', null);
    map.set('zero', 0);
    expect([map.get('null'), map.get('zero')]).toEqual([null, 0]);
  });

  it('forgets what is deleted, and all when cleared', () => {
    const map = new BoundedMap<string, number>({ maxEntries: 2 });
    map.set('a', 1);
    expect([map.delete('a'), map.delete('a'), map.get('a')]).toEqual([true, false, undefined]);
    map.set('b', 1);
    map.clear();
    expect(map.size).toBe(0);
  });

  it('refuses a bound below 1', () => {
    expect(() => new BoundedMap({ maxEntries: 0 })).toThrow(RangeError);
  });
});
