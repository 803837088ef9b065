/** One process of the installation, or one client: what is killed together. */
export class SimulatedProcess {
  isAlive = true;
  private readonly endings: (() => void)[] = [];

  /** @param weight how often its turn comes, against others. */
  constructor(
    readonly name: string,
    readonly weight = 1,
  ) {}

  /** What ends with it: its connections, the calls that it was serving. */
  atEnd(ending: () => void): void {
    this.endings.push(ending);
  }

  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const end of this.endings.splice(0)) end();
  }
}
