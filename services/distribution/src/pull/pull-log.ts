import { randomUUID } from 'node:crypto';
import { type Logger, sleep } from '@lading/platform';
import type { Pull } from '@lading/proto';
import type { ManifestPort } from '@lading/rpc';

/** Milliseconds between two batches. */
const PAUSE_MS = 1_000;

/** What one batch holds at most; `metadata` takes no more. Pulls beyond that are left out. */
const MOST_MANIFESTS = 5_000;
const MOST_PULLS = 1_000;

/** A pull of a manifest, or of a blob. */
export type NotedPull = Omit<Pull, 'atMs'>;

/**
 * What is pulled, collected in memory and handed to `metadata` a batch at a time: no read waits for it. It is approximate:
 * a crash loses a batch, and under load only a part is told.
 */
export class PullLog {
  private manifests = new Map<number, boolean>();
  private pulls: Pull[] = [];
  private leftOut = 0;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly port: Pick<ManifestPort, 'recordPulls'>,
    private readonly logger: Logger,
    private readonly pauseMs = PAUSE_MS,
  ) {}

  /** A manifest was asked for, and is there. */
  seen(manifestId: number, byDigest: boolean): void {
    const known = this.manifests.get(manifestId);
    if (known === undefined && this.manifests.size >= MOST_MANIFESTS) return;
    this.manifests.set(manifestId, byDigest || known === true);
  }

  /** @param make is called if there is room. */
  note(make: () => NotedPull): void {
    if (this.pulls.length < MOST_PULLS) this.pulls.push({ ...make(), atMs: Date.now() });
    else this.leftOut += 1;
  }

  start(): void {
    this.running = this.run();
  }

  /** Hands over what is there. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let told = false;
    while (!signal.aborted) {
      await sleep(this.pauseMs, signal);
      try {
        await this.handOver();
        told = false;
      } catch (err) {
        if (!told) this.logger.warn({ err }, 'pulls are not noted');
        told = true;
      }
    }
  }

  private async handOver(): Promise<void> {
    const { manifests, pulls, leftOut } = this;
    if (manifests.size === 0 && pulls.length === 0) return;
    this.manifests = new Map();
    this.pulls = [];
    this.leftOut = 0;
    if (leftOut > 0) this.logger.debug({ leftOut }, 'pulls that no event tells of');
    await this.port.recordPulls({
      batchId: randomUUID(),
      manifests: [...manifests].map(([manifestId, byDigest]) => ({ manifestId, byDigest })),
      pulls,
    });
  }
}
