/** Bytes of manifests kept in memory. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Bodies of manifests by the manifest's id, the least recently used dropped first. An id is never used twice and its
 * bytes never change, so an entry cannot be wrong; whether a repository still has the manifest is asked each time.
 */
export class BodyCache {
  private readonly bodies = new Map<number, Buffer>();
  private bytes = 0;

  constructor(private readonly mostBytes = MOST_BYTES) {}

  get(id: number): Buffer | undefined {
    const body = this.bodies.get(id);
    if (body === undefined) return undefined;
    this.bodies.delete(id);
    this.bodies.set(id, body);
    return body;
  }

  set(id: number, body: Buffer): void {
    if (this.bodies.has(id) || body.length > this.mostBytes) return;
    this.bodies.set(id, body);
    this.bytes += body.length;
    for (const [oldest, dropped] of this.bodies) {
      if (this.bytes <= this.mostBytes) return;
      this.bodies.delete(oldest);
      this.bytes -= dropped.length;
    }
  }
}
