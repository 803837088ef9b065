import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type BlobKey, blobKey } from '../blob-key.js';
import { InvalidBlobKey } from '../blob-store.errors.js';
import { BLOB_START } from '../blob-store.port.js';
import { keysOf, type Store } from './support.js';

export function refusing(store: Store): void {
  const id = randomUUID();
  const good = blobKey(id);
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('..', '../..', '/etc/passwd', 'blobs', 'blobs/', '', `${good}/..`, `/${good}`, good.toUpperCase()),
    fc.constantFrom(`${good}\n`, `${good}\0`, `blobs/../${good}`, `blobs/zz/${id}`, `blobs//${id}`, ` ${good}`),
    fc.tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 3 })).map(([at, junk]) => {
      return good.slice(0, at) + junk + good.slice(at);
    }),
    fc.constantFrom(null, undefined, 7, {}, ['blobs']),
  );

  it('refuses every key that is not made from an object id, in every method', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const key = value as BlobKey;
        await expect(store().begin(key)).rejects.toThrow(InvalidBlobKey);
        await expect(store().append(key, BLOB_START)).rejects.toThrow(InvalidBlobKey);
        await expect(store().commit(key, BLOB_START)).rejects.toThrow(InvalidBlobKey);
        await expect(store().read(key)).rejects.toThrow(InvalidBlobKey);
        await expect(store().delete(key)).rejects.toThrow(InvalidBlobKey);
        if (key !== undefined) await expect(keysOf(store(), key)).rejects.toThrow(InvalidBlobKey);
      }),
      { numRuns: 200 },
    );
  });
}
