import { BlobExists, BlobNotFound, StoreFull, StoreUnavailable } from './blob-store.errors.js';

const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT']);

/** The system's code of an error, such as `ENOENT`; undefined for other errors. */
export function errorCode(error: unknown): unknown {
  // Not by instanceof: an error of node:fs belongs to another realm than a test's globals.
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** The store's error for one of the system; the store's own and those of a defect in the code pass unchanged. */
export function toStoreError(error: unknown, key?: string): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  if (FULL.has(code)) return new StoreFull(error);
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
