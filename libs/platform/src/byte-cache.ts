export interface ByteCacheOptions {
  /** Most bytes of all values together; the one read or written longest ago goes first. */
  readonly mostBytes: number;
  /** A longer value is not kept, bytes; left out: any that fits. */
  readonly longest?: number;
}

/** Bytes by key, bounded by their number. For bytes that never change under their key, so an entry cannot be wrong. */
export class ByteCache<K> {
  readonly #values = new Map<K, Buffer>();
  readonly #mostBytes: number;
  readonly #longest: number;
  #bytes = 0;

  constructor({ mostBytes, longest = mostBytes }: ByteCacheOptions) {
    this.#mostBytes = mostBytes;
    this.#longest = Math.min(longest, mostBytes);
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: K): Buffer | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: K, value: Buffer): void {
    if (this.#values.has(key) || value.length > this.#longest) return;
    this.#values.set(key, value);
    this.#bytes += value.length;
    for (const [oldest, dropped] of this.#values) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#values.delete(oldest);
      this.#bytes -= dropped.length;
    }
  }
}
