export interface BoundedMapOptions {
  /** Most entries; the one read or written longest ago goes first. At least 1. */
  readonly maxEntries: number;
  /** Milliseconds after which an entry counts as absent, from its last `set`; left out: never. */
  readonly ttlMs?: number;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

interface Entry<V> {
  readonly value: V;
  readonly expiresAt: number;
}

/** A map that cannot grow beyond a bound, for caches. */
export class BoundedMap<K, V> {
  /** In order of last use, the oldest first: a Map keeps the order of insertion, and a use inserts again. */
  readonly #entries = new Map<K, Entry<V>>();
  readonly #maxEntries: number;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor({ maxEntries, ttlMs = Number.POSITIVE_INFINITY, now = Date.now }: BoundedMapOptions) {
    if (!(maxEntries >= 1)) throw new RangeError('maxEntries must be at least 1');
    this.#maxEntries = maxEntries;
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  /** Entries held, expired ones that nobody asked for since included. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAt <= this.#now()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: this.#now() + this.#ttlMs });
    if (this.#entries.size > this.#maxEntries) this.#dropOldest();
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #dropOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}
