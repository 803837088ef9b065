import { blobKey } from '../blob-key.js';
import { keysOf, newKey, put, type Store } from './support.js';

export function listing(store: Store): void {
  it('lists 1,000 objects in the order of their keys, and goes on after any of them', async () => {
    const keys = Array.from({ length: 1000 }, newKey).sort();
    for (const [index, key] of keys.entries()) {
      await put(store(), key, Buffer.alloc(index % 100 === 0 ? index : 0));
    }
    expect(await keysOf(store())).toEqual(keys);
    for (const at of [0, 1, 499, 998, 999]) {
      expect(await keysOf(store(), keys[at])).toEqual(keys.slice(at + 1));
    }
    expect(await keysOf(store(), blobKey('00000000-0000-0000-0000-000000000000'))).toEqual(keys);
    const sizes = [];
    for await (const { size } of store().list()) if (size > 0) sizes.push(size);
    expect(sizes).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
  }, 120_000);

  it('lists nothing in an empty store, and stops when the reader does', async () => {
    expect(await keysOf(store())).toEqual([]);
    for (let count = 0; count < 3; count += 1) await put(store(), newKey(), Buffer.from('x'));
    for await (const entry of store().list()) {
      expect(entry.size).toBe(1);
      break;
    }
  });

  it('says how many bytes are free, or that it does not know', async () => {
    const free = await store().freeBytes();
    if (free !== undefined) expect(Number.isSafeInteger(free) && free >= 0).toBe(true);
  });
}
