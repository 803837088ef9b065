import { BlockPool } from './block-pool.js';

describe('a pool of blocks', () => {
  it('gives shared memory, and the same block again', () => {
    const pool = new BlockPool(4096, 1);
    const [one, two] = [pool.take(), pool.take()];
    expect(one.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(one).not.toBe(two);
    pool.give(one);
    pool.give(two);
    expect(pool.take()).toBe(one);
    expect(pool.take()).not.toBe(two);
    expect(() => pool.give(two.subarray(1))).toThrow(RangeError);
  });
});
