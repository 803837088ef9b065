import { createHash } from 'node:crypto';
import { BLOB_START, BlockPool, blobKey, inlineHashers, MemoryBlobStore } from '@lading/blob-store';
import { parseDigest } from '@lading/oci';
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
