import type { BlobKey } from './blob-key.js';
import type { OpenFile } from './file-system.js';

/** Files kept open at most. */
const MOST_KEPT = 64;
/** How long each is kept, milliseconds. */
const KEPT_MS = 2_000;

/**
 * Files that were just made, kept open for the writer that comes in a moment: most uploads send their bytes at once, and
 * to find and open the file again costs as much as to write a small blob.
 */
export class FreshFiles {
  readonly #kept = new Map<BlobKey, { file: OpenFile; timer: NodeJS.Timeout }>();

  /** Takes over an open, empty file. */
  keep(key: BlobKey, file: OpenFile): void {
    void this.#close(key);
    const timer = setTimeout(() => void this.#close(key), KEPT_MS);
    timer.unref();
    this.#kept.set(key, { file, timer });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT) void this.#close(oldest as BlobKey);
  }

  /** Hands the file over; undefined when it is not kept, or not any more. */
  take(key: BlobKey): OpenFile | undefined {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    clearTimeout(kept?.timer);
    return kept?.file;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((key) => this.#close(key)));
  }

  /** An empty file that nobody wrote has nothing to lose when its close fails. */
  async #close(key: BlobKey): Promise<void> {
    await this.take(key)
      ?.close()
      .catch(() => undefined);
  }
}
