/** The digest algorithms of the registry, by the names OCI and node:crypto share. */
export type HashAlgorithm = 'sha256' | 'sha512';

/** Takes the bytes of one blob in order. Used from one place at a time. */
export interface ByteHasher {
  readonly algorithm: HashAlgorithm;
  /**
   * Takes in the chunks. They may not change until the result settles; an inline hasher has settled when it returns.
   * @throws HasherLost if the thread that held the state is gone: hash the stored bytes again
   */
  update(chunks: readonly Uint8Array[]): Promise<void> | void;
  /** A hasher of its own that has taken in the same bytes. */
  snapshot(): ByteHasher;
  /** The digest's hex, in lower case. The hasher takes no more calls. @throws HasherLost */
  digest(): Promise<string>;
  /** Frees a hasher whose digest nobody wants. Idempotent, and harmless after `digest`. */
  discard(): void;
}

/** Makes hashers: inline, or on other threads. */
export interface Hashers {
  create(algorithm: HashAlgorithm): ByteHasher;
}

/** The thread that held a hash's state crashed or was closed. */
export class HasherLost extends Error {
  override readonly name = 'HasherLost';

  constructor(cause?: unknown) {
    super('the state of a hash is lost with its thread', { cause });
  }
}
