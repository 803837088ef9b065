import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../support/random.js';
import { type Caller, Interrupted } from './caller.js';
import { ACCEPT } from './content.js';

/** Milliseconds between two pulls. */
const PAUSE = 25;

/** Pulls images that stay, a few at a time and never stopping, and notes how long each took. */
export class Puller {
  /** Milliseconds of each pull while the collector worked, and while it was paused. */
  readonly collecting: number[] = [];
  readonly paused: number[] = [];

  constructor(
    private readonly caller: Caller,
    private readonly random: Random,
    private readonly repository: string,
    private readonly tags: readonly string[],
    private readonly isPaused: () => boolean,
  ) {}

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        await this.timed(this.random.pick(this.tags));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        await this.caller.outage.over();
      }
      await delay(PAUSE);
    }
  }

  /** A manifest by tag and its layers, one after another. Left out where the collector was told something meanwhile. */
  private async timed(tag: string): Promise<void> {
    const [begun, before] = [performance.now(), this.isPaused()];
    const path = `/v2/${this.repository}`;
    const { body } = await this.caller.ask([200], 'GET', `${path}/manifests/${tag}`, { headers: { accept: ACCEPT } });
    const { layers } = JSON.parse(body.toString()) as { layers: { digest: string }[] };
    for (const { digest } of layers) await this.caller.ask([200], 'GET', `${path}/blobs/${digest}`);
    const took = performance.now() - begun;
    if (!this.caller.outage.overlaps(begun) && this.isPaused() === before)
      (before ? this.paused : this.collecting).push(took);
  }
}
