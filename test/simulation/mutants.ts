import type { BlobKey, BlobProgress, BlobStore } from '@lading/blob-store';
import { blobKey } from '@lading/blob-store';
import type { CollectionPort, UploadPort } from '@lading/rpc';
import { Disk, type GatedStore } from './disk.js';

/** The installation with one rule taken out of it, put together here: the product has no switch for that. */
export interface Mutant {
  readonly name: string;
  /** The rule by which it is caught, in the words of `Invariants`. */
  readonly breaks: string;
  /** A statement's text with a part of it changed; locks are taken as it says. */
  textOf?(name: string, text: string): string;
  disk?(): Disk;
  distribution?(uploads: UploadPort, store: GatedStore, disk: Disk): { uploads: UploadPort; store: BlobStore };
  collector?(collection: CollectionPort, store: GatedStore): { collection: CollectionPort; store: BlobStore };
}

/** The product as it is. */
export const NONE: Mutant = { name: 'nothing', breaks: '' };

const LOCK = /\bFOR (NO KEY UPDATE|KEY SHARE|UPDATE)( OF \w+(, \w+)*)?( SKIP LOCKED)?/;

/** Statements without the lock that they take. */
function without(name: string, breaks: string, ...statements: string[]): Mutant {
  return { name, breaks, textOf: (each, text) => (statements.includes(each) ? text.replace(LOCK, '') : text) };
}

/** An object with some of its methods in another way, and the others as they are. */
function inPlace<T extends object>(of: T, methods: Partial<T>): T {
  return new Proxy(of, {
    get: (target, name) => {
      const method = Reflect.get(name in methods ? methods : target, name);
      return typeof method === 'function' && !(name in methods) ? method.bind(target) : method;
    },
  });
}

/** Bytes under a key made of their digest: whoever deletes an object deletes those of every other one with the same bytes. */
class DiskByDigest extends Disk {
  override async delete(key: BlobKey): Promise<void> {
    const digest = this.digestAt(key.slice(-36));
    for (const each of [...this.keys]) {
      const isSame = each === key || (digest !== undefined && this.digestAt(each.slice(-36)) === digest);
      if (isSame) await super.delete(each);
    }
  }
}

const KEY_IS_DIGEST: Mutant = {
  name: 'the key of an object is its digest',
  breaks: 'a live object has no bytes',
  disk: () => new DiskByDigest(),
};

const CONDEMN_IN_ONE: Mutant = {
  name: 'condemn looks and writes in one statement',
  breaks: 'what a manifest names is not live',
  textOf: (name, text) => {
    if (name === 'condemn-lock') return text.replace(LOCK, '');
    return name === 'condemn-write' ? `${text} AND state = 'live'` : text;
  },
};

const GONE_BEFORE_BYTES: Mutant = {
  name: 'the row says gone before the bytes are deleted',
  breaks: 'left over: bytes that nothing names',
  collector: (collection, store) => {
    const waiting: BlobKey[] = [];
    return {
      store: inPlace<BlobStore>(store, { delete: async (key) => void waiting.push(key) }),
      collection: inPlace(collection, {
        markPurged: async (request) => {
          const answer = await collection.markPurged(request);
          for (const key of waiting.splice(0)) await store.delete(key);
          return answer;
        },
      }),
    };
  },
};

const LIVE_BEFORE_BYTES: Mutant = {
  name: 'the row says live before the bytes are durable',
  breaks: 'a live object has no bytes',
  distribution: (uploads, store) => {
    const waiting = new Map<BlobKey, BlobProgress>();
    return {
      store: inPlace<BlobStore>(store, { commit: async (key, sealed) => void waiting.set(key, sealed) }),
      uploads: inPlace(uploads, {
        finishUpload: async (request) => {
          const answer = await uploads.finishUpload(request);
          const mine = [...waiting];
          waiting.clear();
          for (const [key, sealed] of mine) await store.commit(key, sealed);
          return answer;
        },
      }),
    };
  },
};

const BYTES_BEFORE_ROW: Mutant = {
  name: 'bytes are written before there is a row for them',
  breaks: 'bytes have no row',
  distribution: (uploads, store, disk) => ({
    store: inPlace<BlobStore>(store, {
      begin: (key) => (disk.keys.has(key) ? Promise.resolve() : store.begin(key)),
    }),
    uploads: inPlace(uploads, {
      beginUpload: async (request) => {
        await store.begin(blobKey(request.objectId));
        return uploads.beginUpload(request);
      },
    }),
  }),
};

/** Each has to be caught. */
export const MUTANTS: readonly Mutant[] = [
  KEY_IS_DIGEST,
  CONDEMN_IN_ONE,
  GONE_BEFORE_BYTES,
  LIVE_BEFORE_BYTES,
  BYTES_BEFORE_ROW,
  without(
    'a push takes no lock on its objects',
    'what a manifest names is not live',
    'share-live-objects',
    'take-current-objects',
  ),
  without('a push takes no lock on its links', 'a manifest names a blob that has no link', 'share-visible-links'),
  without(
    'a push takes no lock on what an index names',
    'a live index names a deleted manifest',
    'share-live-manifests',
  ),
  without(
    'an upload takes no lock on the object that serves its digest',
    'a link leads to no bytes',
    'lock-current-object',
  ),
  without('the collector takes no lock on links', 'a manifest names a blob that has no link', 'lock-lapsed-links'),
];
