/**
 * Blocks of shared memory for the bytes of uploads: filled from the socket, written to disk and hashed on another thread
 * without a copy, then used again. Fresh shared memory costs a page fault per 4 KiB, a reused block none.
 */
export class BlockPool {
  readonly #idle: Uint8Array[] = [];

  /**
   * @param blockBytes size of each block, default 1 MiB
   * @param idleBlocks how many blocks wait for reuse at most, default 16; blocks in use are not limited
   */
  constructor(
    readonly blockBytes = 1024 * 1024,
    private readonly idleBlocks = 16,
  ) {}

  /** A block with arbitrary content. */
  take(): Uint8Array {
    return this.#idle.pop() ?? new Uint8Array(new SharedArrayBuffer(this.blockBytes));
  }

  /** Gives back a whole block that nobody reads any more: each block once. */
  give(block: Uint8Array): void {
    if (block.byteLength !== this.blockBytes) throw new RangeError('not a block of this pool');
    if (this.#idle.length < this.idleBlocks) this.#idle.push(block);
  }
}
