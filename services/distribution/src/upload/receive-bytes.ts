import type { IncomingMessage } from 'node:http';
import type { BlobWriter, BlockPool } from '@lading/blob-store';
import type { SessionHash } from './session-hash.js';

// Bytes from the socket to the store in one pass.
//
//   socket --copy--> block of shared memory --+--> write (thread pool)
//                                             +--> hash  (hash thread, same memory)
//
// While one block is written and hashed the next is filled; a third is never taken, so an upload holds two blocks
// whatever its size, and a store that is slow makes the client slow (HTTP-22).

/** How a body ended. */
export interface Received {
  /** The next byte. */
  offset: number;
  /** True when the client went away before its end; what came is written. */
  aborted: boolean;
}

export interface ReceiveOptions {
  writer: BlobWriter;
  hash: SessionHash;
  blocks: BlockPool;
  /** Called between blocks with the bytes written so far; throws to stop. */
  progress(offset: number): Promise<void>;
  /** A client that sends nothing for this long counts as gone, milliseconds. */
  idleMs: number;
  /** A block that a slow client fills is handed on after this long, full or not, milliseconds (T20). */
  heldMs: number;
}

/** Writes and hashes a request's body. @throws what the store throws, and what `progress` throws. */
export async function receiveBytes(req: IncomingMessage, options: ReceiveOptions): Promise<Received> {
  const sink = new BlockSink(options);
  req.setTimeout(options.idleMs, () => req.destroy());
  let aborted = false;
  try {
    // The request outlives an error of the store: its answer is still to come.
    for await (const chunk of req.iterator({ destroyOnReturn: false })) await sink.take(chunk as Buffer);
  } catch (error) {
    if (sink.failed) throw error;
    aborted = true;
  } finally {
    // What follows may take longer than a client may be silent: the rest of the hash, the disk.
    req.setTimeout(0);
  }
  await sink.flush();
  return { offset: options.writer.offset, aborted };
}

/** Fills blocks and hands them on; at most one is on its way while the next is filled. */
class BlockSink {
  failed = false;
  private block: Uint8Array | undefined;
  private filled = 0;
  private handedOnAt = Date.now();
  private onItsWay: Promise<void> = Promise.resolve();

  constructor(private readonly options: ReceiveOptions) {}

  async take(chunk: Buffer): Promise<void> {
    let rest: Uint8Array = chunk;
    while (rest.length > 0) {
      this.block ??= this.options.blocks.take();
      const part = rest.subarray(0, this.block.length - this.filled);
      this.block.set(part, this.filled);
      this.filled += part.length;
      rest = rest.subarray(part.length);
      if (this.filled === this.block.length || this.isHeldTooLong()) await this.handOn();
    }
  }

  /** Waits until everything taken is written and hashed. */
  async flush(): Promise<void> {
    await this.handOn();
    await this.settled();
  }

  private async handOn(): Promise<void> {
    const { block, filled } = this;
    if (!block || filled === 0) return;
    this.block = undefined;
    this.filled = 0;
    this.handedOnAt = Date.now();
    await this.settled();
    const { writer, hash, blocks } = this.options;
    const bytes = [block.subarray(0, filled)];
    const offset = writer.offset;
    this.onItsWay = Promise.all([writer.write(bytes), hash.take(offset, bytes)]).then(async () => {
      blocks.give(block);
      await this.options.progress(writer.offset);
    });
    // Whoever waits next is told; until then a failure must not count as unhandled.
    this.onItsWay.catch(() => undefined);
  }

  private isHeldTooLong(): boolean {
    return Date.now() - this.handedOnAt >= this.options.heldMs;
  }

  private async settled(): Promise<void> {
    try {
      await this.onItsWay;
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }
}
