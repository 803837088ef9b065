/** Whether the registry is to be expected to answer. */
export class Outage {
  private down: Promise<void> | undefined;
  private up: () => void = () => undefined;
  private ended = 0;

  /** From now on connections may break and answers be 503. */
  begin(): void {
    this.down = new Promise((resolve) => {
      this.up = resolve;
    });
  }

  end(): void {
    this.ended = performance.now();
    this.down = undefined;
    this.up();
  }

  /** Whether a part of what began then was in an outage. */
  overlaps(begun: number): boolean {
    return this.down !== undefined || this.ended > begun;
  }

  async over(): Promise<void> {
    await this.down;
  }
}
