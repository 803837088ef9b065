/**
 * What this collector has done since its start, by name. Steps are what takes time: things that were looked at, and objects
 * whose bytes were deleted.
 */
export class Tally {
  private readonly counts = new Map<string, number>();
  private count = 0;

  /** Steps since the start. */
  get steps(): number {
    return this.count;
  }

  /** @param name such as `untagged done`. */
  step(name: string, count = 1): void {
    this.count += count;
    this.note(name, count);
  }

  /** Something that is no step, such as bytes. */
  note(name: string, count: number): void {
    if (count > 0) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }
}
