import { BlobWriterClosed } from './blob-store.errors.js';

/** The calls of one writer, one after the other: after one that failed all fail alike, after the end none is taken. */
export class WriterCalls {
  #last: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  /** @param translate gives the store's error for one of the system */
  constructor(
    private readonly key: string,
    private readonly translate: (error: unknown) => unknown = (error) => error,
  ) {}

  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(new BlobWriterClosed(this.key));
    const result = this.#last.then(() => this.#attempt(task));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Takes no more calls, and resolves after those that were taken. @returns false if it was ended before */
  async end(): Promise<boolean> {
    const first = !this.#ended;
    this.#ended = true;
    await this.#last;
    return first;
  }

  /** What a failed call left is unknown. */
  async #attempt<T>(task: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return await task();
    } catch (error) {
      this.#failure = { error: this.translate(error) };
      throw this.#failure.error;
    }
  }
}
