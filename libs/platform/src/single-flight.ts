/** Callers that ask for the same key while its work runs share the one result, or the one error. */
export class SingleFlight<K, V> {
  readonly #running = new Map<K, Promise<V>>();

  run(key: K, work: () => Promise<V>): Promise<V> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = (async () => work())().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  /** Keys whose work has not ended. */
  get size(): number {
    return this.#running.size;
  }
}
