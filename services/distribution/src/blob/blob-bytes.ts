import { type BlobBody, type BlobKey, BlobNotFound, type BlobStore } from '@lading/blob-store';
import { InternalError } from '@lading/oci';
import { ByteCache } from '@lading/platform';

/** Bytes of small blobs kept in memory: configurations, charts, signatures, which each pull reads again. */
const KEPT_BYTES = 32 * 1024 * 1024;
const LONGEST_KEPT = 64 * 1024;

/**
 * Reads bytes of live blobs. Small ones are kept by the key of their object, which is never used twice, so they cannot be
 * wrong; whether a repository has the blob was asked before.
 */
export class BlobBytes {
  private readonly kept = new ByteCache<BlobKey>({ mostBytes: KEPT_BYTES, longest: LONGEST_KEPT });

  constructor(private readonly store: BlobStore) {}

  /**
   * @param size of the whole blob
   * @param start @param end positions of the first and the last byte
   * @throws InternalError when the store has not what the database says; StoreUnavailable
   */
  async read(key: BlobKey, size: number, start: number, end: number): Promise<BlobBody> {
    if (size > LONGEST_KEPT) return this.open(key, start, end);
    const whole = this.kept.get(key) ?? (await this.fill(key, size));
    return Buffer.isBuffer(whole) ? whole.subarray(start, end + 1) : this.open(key, start, end);
  }

  private async fill(key: BlobKey, size: number): Promise<BlobBody> {
    const body = await this.open(key, 0, size - 1);
    if (Buffer.isBuffer(body)) this.kept.set(key, body);
    else body.destroy();
    return body;
  }

  private async open(key: BlobKey, start: number, end: number): Promise<BlobBody> {
    try {
      return await this.store.read(key, { start, end });
    } catch (error) {
      if (error instanceof BlobNotFound)
        throw new InternalError('the bytes of a live blob are missing', { cause: error });
      throw error;
    }
  }
}
