import type { ByteHasher, HashAlgorithm } from './byte-hasher.js';
import { HasherLost } from './byte-hasher.js';
import type { HashThread } from './hash-thread.js';

/**
 * Hashes on another thread. Chunks over a SharedArrayBuffer are read in place, so a write to disk and the hash can work
 * on the same bytes at the same time; others are copied to the thread. Made by a HashThreadPool.
 */
export class WorkerHasher implements ByteHasher {
  readonly #state: number;
  #ended = false;

  constructor(
    readonly algorithm: HashAlgorithm,
    private readonly thread: HashThread,
    copyOf?: number,
  ) {
    this.#state = thread.nextState();
    thread.load += 1;
    if (copyOf === undefined) thread.tell({ call: 'create', state: this.#state, algorithm });
    else thread.tell({ call: 'copy', state: copyOf, to: this.#state });
  }

  async update(chunks: readonly Uint8Array[]): Promise<void> {
    this.#refuseEnded();
    await this.thread.ask({ call: 'update', state: this.#state, chunks });
  }

  snapshot(): WorkerHasher {
    this.#refuseEnded();
    return new WorkerHasher(this.algorithm, this.thread, this.#state);
  }

  async digest(): Promise<string> {
    this.#refuseEnded();
    this.#end();
    const hex = await this.thread.ask({ call: 'digest', state: this.#state });
    if (hex === undefined) throw new HasherLost('the thread answered a digest without one');
    return hex;
  }

  discard(): void {
    if (this.#ended) return;
    this.#end();
    this.thread.tell({ call: 'discard', state: this.#state });
  }

  #refuseEnded(): void {
    if (this.#ended) throw new Error('the hasher has ended');
  }

  #end(): void {
    this.#ended = true;
    this.thread.load -= 1;
  }
}
