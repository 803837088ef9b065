import type { HashAlgorithm, Hashers } from './byte-hasher.js';
import { HashThread } from './hash-thread.js';
import { WorkerHasher } from './worker-hasher.js';

/** Threads that hash long uploads beside the event loop. Threads start when first needed; a lost one is replaced. */
export class HashThreadPool implements Hashers {
  readonly #threads: HashThread[] = [];
  #closed = false;

  /** @param size threads at most; one hashes 1 to 2 GB/s of sha256 where the processor has instructions for it */
  constructor(
    private readonly size = 1,
    private readonly start: () => HashThread = () => new HashThread(),
  ) {
    if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`not a number of threads: ${size}`);
  }

  /** A hasher on the thread that holds the fewest hashes. @throws Error after `close` */
  create(algorithm: HashAlgorithm): WorkerHasher {
    if (this.#closed) throw new Error('the hash threads are closed');
    return new WorkerHasher(algorithm, this.#idlest());
  }

  /** Ends all threads; unfinished hashes fail with HasherLost. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }

  #idlest(): HashThread {
    for (const [index, thread] of this.#threads.entries()) {
      if (thread.lost) this.#threads[index] = this.start();
    }
    const idlest = this.#threads.toSorted((one, other) => one.load - other.load)[0];
    if (idlest !== undefined && (idlest.load === 0 || this.#threads.length === this.size)) return idlest;
    const thread = this.start();
    this.#threads.push(thread);
    return thread;
  }
}
