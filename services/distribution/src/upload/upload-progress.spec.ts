import { BLOB_START, type BlobWriter, blobKey, MemoryBlobStore } from '@lading/blob-store';
import { BlobUploadUnknown, Unavailable } from '@lading/oci';
import type { RecordProgressRequest, Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { UploadProgress } from './upload-progress.js';

const MIB = 1024 * 1024;
const OFFSET = 1000;
const upload = {
  uploadId: '00000000-0000-4000-8000-000000000001',
  objectId: '00000000-0000-7000-8000-000000000002',
  offset: OFFSET,
  epoch: 3,
} as Upload;

class Store extends MemoryBlobStore {
  free: number | undefined;

  override async freeBytes(): Promise<undefined> {
    return this.free as undefined;
  }
}

let store: Store;
let writer: BlobWriter;
let recorded: RecordProgressRequest[];
let held: boolean;
beforeEach(async () => {
  store = new Store();
  const key = blobKey(upload.objectId);
  await store.begin(key);
  writer = await store.append(key, BLOB_START);
  await writer.write([Buffer.alloc(OFFSET + 10)]);
  recorded = [];
  held = true;
});

/** @param ttlMs 0 makes every step one of time */
function progress(ttlMs: number, counted: boolean): UploadProgress {
  const recordProgress = async (request: RecordProgressRequest) => {
    recorded.push(request);
    return { held };
  };
  const uploads = { recordProgress } as Partial<UploadPort> as UploadPort;
  return new UploadProgress(uploads, store, { ...upload, ttlMs }, writer, { counted });
}
const offsets = () => recorded.map(({ offset }) => offset);

it('T20: keeps the session of a running body alive: after some time, and after 64 MiB', async () => {
  for (const counted of [false, true]) {
    await progress(0, counted).step(OFFSET + 1);
    const long = progress(60_000_000, counted);
    for (let bytes = 8 * MIB; bytes <= 130 * MIB; bytes += 8 * MIB) await long.step(OFFSET + bytes);
    expect([counted, recorded.length]).toEqual([counted, 3]);
    recorded = [];
  }
});

it('UPL-16: leaves the offset where it was while a chunk runs that counts only when it is whole', async () => {
  const chunk = progress(0, true);
  await chunk.step(OFFSET + 10);
  expect(offsets()).toEqual([OFFSET]);
  await chunk.record();
  expect(offsets()).toEqual([OFFSET, OFFSET + 10]);
  await progress(0, false).step(OFFSET + 10);
  expect(offsets()).toEqual([OFFSET, OFFSET + 10, OFFSET + 10]);
});

it.each([false, true])(
  'a step (of a counted chunk: %s) tells of a newer writer, and of a full store',
  async (counted) => {
    held = false;
    await expect(progress(0, counted).step(OFFSET + 1)).rejects.toThrow(BlobUploadUnknown);
    store.free = 0;
    await expect(progress(0, counted).step(OFFSET + 1)).rejects.toThrow(Unavailable);
  },
);
