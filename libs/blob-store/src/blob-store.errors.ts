/** What every blob store throws; adapters translate the errors of their system at their edge. */
export abstract class BlobStoreError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** The value is not a key this library made. A defect of the caller: no key comes from a request. */
export class InvalidBlobKey extends BlobStoreError {
  constructor(value: unknown) {
    super(`not a blob key: ${String(JSON.stringify(value)).slice(0, 120)}`);
  }
}

/** No object under this key. */
export class BlobNotFound extends BlobStoreError {
  constructor(readonly key: string) {
    super(`no blob at ${key}`);
  }
}

/** `begin` found an object: keys are never used twice. */
export class BlobExists extends BlobStoreError {
  constructor(readonly key: string) {
    super(`a blob exists already at ${key}`);
  }
}

/** `append` found a committed object: its bytes may have been acknowledged and never change again. */
export class BlobCommitted extends BlobStoreError {
  constructor(readonly key: string) {
    super(`the blob at ${key} is committed`);
  }
}

/** `commit` found another number of bytes than the caller counted. Nothing was committed. */
export class BlobSizeMismatch extends BlobStoreError {
  constructor(
    readonly key: string,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`the blob at ${key} has ${actual} bytes, not ${expected}`);
  }
}

/** The store holds fewer bytes than were asked for: recorded bytes are missing. */
export class BlobTruncated extends BlobStoreError {
  constructor(
    readonly key: string,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`the blob at ${key} ends at byte ${actual}, before ${expected}`);
  }
}

/** The writer was closed, or lost its object to a newer writer, `commit`, `cancel` or `delete`. */
export class BlobWriterClosed extends BlobStoreError {
  constructor(readonly key: string) {
    super(`the writer of ${key} is closed`);
  }
}

/** No room: disk or quota. Worth a retry later (503, Retry-After); nothing acknowledged is affected. */
export class StoreFull extends BlobStoreError {
  constructor(cause: unknown) {
    super('the blob store is full', { cause });
  }
}

/** A bucket that a start cannot go on with; the message says so to an operator. */
export class BucketUnusable extends BlobStoreError {}

/** The store does not work: rights, I/O errors, network. `cause` is the error of the system. */
export class StoreUnavailable extends BlobStoreError {
  constructor(cause: unknown) {
    super('the blob store is unavailable', { cause });
  }
}
