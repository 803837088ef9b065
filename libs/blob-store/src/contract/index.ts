import type { BlobKey } from '../blob-key.js';
import type { BlobRange, BlobStore } from '../blob-store.port.js';
import { ending } from './ending.js';
import { listing } from './listing.js';
import { reading } from './reading.js';
import { refusing } from './refusing.js';
import { bytesOf } from './support.js';
import { writing } from './writing.js';

/** A store for one test, and how to remove it. */
export interface StoreUnderTest {
  readonly store: BlobStore;
  dispose(): Promise<void>;
}

/** What every blob store does. Each adapter's spec runs it with a `make` that gives a new, empty store. */
export function blobStoreContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of a blob store`, () => {
    let underTest: StoreUnderTest;
    let store: BlobStore;
    beforeEach(async () => {
      underTest = await make();
      store = underTest.store;
    });
    afterEach(() => underTest.dispose());

    const read = async (key: BlobKey, range?: BlobRange) => bytesOf(await store.read(key, range));

    writing(() => store, read);
    ending(() => store, read);
    reading(() => store, read);
    listing(() => store);
    refusing(() => store);
  });
}
