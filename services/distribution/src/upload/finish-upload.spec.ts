import { createHash } from 'node:crypto';
import {
  BLOB_START,
  type BlobBody,
  type BlobKey,
  type BlobProgress,
  type BlobRange,
  BlockPool,
  blobKey,
  inlineHashers,
  MemoryBlobStore,
} from '@lading/blob-store';
import { BlobUploadUnknown, DigestInvalid, parseDigest } from '@lading/oci';
import type { Scope, Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { Claims } from './claims.js';
import { FinishUpload } from './finish-upload.js';
import { SessionHashes } from './session-hashes.js';
import { WriteUpload } from './write-upload.js';

const BYTES = Buffer.from('all the bytes of a layer');
const DIGEST = parseDigest(`sha256:${createHash('sha256').update(BYTES).digest('hex')}`);
const SCOPE = { name: 'team/app' } as Scope;
const upload: Upload = {
  uploadId: '00000000-0000-4000-8000-000000000001',
  objectId: '00000000-0000-7000-8000-000000000002',
  algorithm: 'sha256',
  offset: BYTES.length,
  epoch: 1,
  principal: 'account:1',
  openedAtMs: 0,
  ttlMs: 60_000,
  repositoryId: 1,
};

it('UPL-26: closes an upload whose bytes were committed by a PUT that its row failed', async () => {
  const store = new MemoryBlobStore();
  const key = blobKey(upload.objectId);
  await store.begin(key);
  await (await store.append(key, BLOB_START)).write([BYTES]);
  let calls = 0;
  const finishUpload = async () => {
    calls += 1;
    if (calls === 1) throw new Error('the database went away');
    return { objectId: upload.objectId };
  };
  const uploads = { finishUpload } as Partial<UploadPort> as UploadPort;
  const hashes = new SessionHashes(store, inlineHashers);
  const writing = new WriteUpload(uploads, store, hashes, new BlockPool());
  const finishing = new FinishUpload(uploads, store, hashes, new Claims());
  const close = async () => {
    const claimed = await writing.openToClose(upload);
    await finishing.execute(SCOPE, upload, DIGEST, { offset: upload.offset }, hashes.take(upload, 'sha256', 0));
    return claimed.writer !== undefined;
  };
  await expect(close()).rejects.toThrow('the database went away');
  expect(await close()).toBe(false);
  expect(calls).toBe(2);
});

describe('where a store gives committed bytes alone, and seals them', () => {
  const SEALED = { offset: BYTES.length, state: 'all parts', sealed: true };

  /** Notes what is asked of it, and of `metadata`, in one list. */
  class SealingStore extends MemoryBlobStore {
    override readonly readsUncommitted: boolean = false;
    readonly calls: string[] = [];

    override async commit(key: BlobKey, sealed: BlobProgress): Promise<void> {
      this.calls.push('commit');
      await super.commit(key, sealed);
    }

    override async read(key: BlobKey, range?: BlobRange): Promise<BlobBody> {
      this.calls.push('read');
      return super.read(key, range);
    }
  }

  async function close({ digest = DIGEST, held = true, bytes = BYTES } = {}) {
    const store = new SealingStore();
    const key = blobKey(upload.objectId);
    await store.begin(key);
    await (await store.append(key, BLOB_START)).write([bytes]);
    const uploads: Partial<UploadPort> = {
      recordProgress: async ({ offset, storeState, sealed }) => {
        store.calls.push(`record ${offset} ${storeState} ${sealed}`);
        return { held };
      },
      abortUpload: async () => {
        store.calls.push('abort');
        return {};
      },
      finishUpload: async () => {
        store.calls.push('finish');
        return { objectId: upload.objectId };
      },
    };
    const hashes = new SessionHashes(store, inlineHashers);
    const finishing = new FinishUpload(uploads as UploadPort, store, hashes, new Claims());
    const done = finishing.execute(SCOPE, upload, digest, SEALED, hashes.take(upload, 'sha256', 0));
    const error = await done.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { error, calls: store.calls };
  }

  it('records the seal, commits, reads what it has not hashed, and shows the blob, in this order', async () => {
    const { error, calls } = await close();
    expect(error).toBeUndefined();
    expect(calls).toEqual([`record ${BYTES.length} all parts true`, 'commit', 'read', 'finish']);
  });

  it('commits nothing where another request took the session over', async () => {
    const { error, calls } = await close({ held: false });
    expect(error).toBeInstanceOf(BlobUploadUnknown);
    expect(calls).not.toContain('commit');
  });

  it('UPL-30: shows nothing with another digest', async () => {
    const { error, calls } = await close({ bytes: Buffer.from('other bytes of a layer..') });
    expect(error).toBeInstanceOf(DigestInvalid);
    expect(calls.slice(-2)).toEqual(['read', 'abort']);
  });
});
