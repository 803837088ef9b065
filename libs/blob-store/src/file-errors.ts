import { BlobExists, BlobNotFound, BlobStoreError, StoreFull, StoreUnavailable } from './blob-store.errors.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The system's code of an error, such as `ENOENT`; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** The store's error for one of the file system; errors of the store pass unchanged. */
export function toStoreError(error: unknown, key?: string): BlobStoreError {
  if (error instanceof BlobStoreError) return error;
  const code = errorCode(error);
  if (code !== undefined && FULL.has(code)) return new StoreFull(error);
  if (key !== undefined && code === 'ENOENT') return new BlobNotFound(key);
  if (key !== undefined && code === 'EEXIST') return new BlobExists(key);
  return new StoreUnavailable(error);
}

/** Carries out `task`, an error of it translated. */
export async function translated<T>(key: string | undefined, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw toStoreError(error, key);
  }
}
