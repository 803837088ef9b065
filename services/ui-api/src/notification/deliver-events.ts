import { STATUS_CODES } from 'node:http';
import { CursorGone, type EventFeed, type FeedEvent, type FeedPage } from '@lading/events';
import { type Logger, sleep } from '@lading/platform';
import type { HeadWatch } from '../event/head-watch.js';
import type { Endpoint } from './endpoint.js';
import type { MakeNotifications } from './make-notifications.js';
import type { Notification } from './notification.js';
import { isDelivered, type Queue } from './queue.js';
import type { Queues } from './queues.js';
import type { SendNotifications, Sent } from './send-notifications.js';

/** Events of the log that are read at once. */
const PAGE = 100;

/** Milliseconds for which a row is held beyond the time of one POST, and after which it is held anew. */
const HOLD_MS = 5_000;
const RENEW_MS = 1_500;

/** Milliseconds between two writes of the place while events are delivered. */
const SAVE_MS = 250;

/** Milliseconds between two tries before the threshold, and after an error of ours. */
const RETRY_MS = 50;
const TROUBLE_MS = 1_000;

/** The process stops, or another one works for the endpoint. */
class Leave extends Error {}

export interface DeliveryParts {
  readonly endpoint: Endpoint;
  readonly feed: EventFeed;
  readonly watch: HeadWatch;
  readonly queues: Queues;
  readonly making: MakeNotifications;
  readonly sending: SendNotifications;
  readonly logger: Logger;
}

/**
 * Delivers what the log tells to one endpoint, in order, one POST at a time, until it is taken.
 *
 *   hold the endpoint's row
 *   read the log after its cursor; make what the endpoint wants of each event
 *   POST; not taken: again at once, from the threshold on with a pause before each try, until the event is too old
 *   move the cursor behind an event once all of it was taken or dropped
 *
 * The cursor is written behind the deliveries, so what was delivered just before a crash comes again, with the same ids.
 */
export class DeliverEvents {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private savedAt = 0;
  /** Tries in a row that were not taken. */
  private failed = 0;

  constructor(private readonly parts: DeliveryParts) {}

  /** Makes the endpoint's row before it returns, so that it gets what happens from then on; else as soon as it can. */
  async start(): Promise<void> {
    await this.begin().catch((err: unknown) => this.troubled(err));
    this.running = this.run();
  }

  /** Ends the POST in hand; what it brought comes again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.parts.sending.close();
  }

  private get holdMs(): number {
    return HOLD_MS + this.parts.endpoint.timeoutMs;
  }

  private async begin(): Promise<void> {
    const { endpoint, queues, feed } = this.parts;
    if (!(await queues.has(endpoint.name))) await queues.ensure(endpoint.name, await feed.latest());
  }

  private async run(): Promise<void> {
    const { endpoint, queues } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.begin();
        const queue = await queues.take(endpoint.name, this.holdMs);
        if (queue) await this.work(queue);
        else await sleep(TROUBLE_MS, signal);
      } catch (error) {
        if (!(error instanceof Leave)) this.troubled(error);
        await sleep(TROUBLE_MS, signal);
      }
    }
    await queues.release(endpoint.name).catch((err: unknown) => this.troubled(err));
  }

  private troubled(err: unknown): void {
    this.parts.logger.warn({ endpoint: this.parts.endpoint.name, err }, 'notifications wait');
  }

  private async work(queue: Queue): Promise<void> {
    this.savedAt = performance.now();
    const { signal } = this.stopping;
    try {
      while (!signal.aborted) {
        const page = await this.read(queue);
        await this.deliverPage(page, queue);
        await this.save(queue, page.events.length > 0 ? 0 : RENEW_MS);
        if (page.events.length === 0) await this.parts.watch.moved(page.next, RENEW_MS, signal);
      }
    } finally {
      if (signal.aborted) await this.save(queue, 0).catch(() => undefined);
    }
  }

  /** Events that were removed before they were delivered are lost; the log says so. */
  private async read(queue: Queue): Promise<FeedPage> {
    try {
      return await this.parts.feed.read(queue.cursor, PAGE);
    } catch (error) {
      if (!(error instanceof CursorGone)) throw error;
      const { endpoint, feed, logger } = this.parts;
      logger.error({ endpoint: endpoint.name }, 'events were removed from the log before they were delivered');
      return feed.read(undefined, PAGE);
    }
  }

  private async deliverPage({ events, next }: FeedPage, queue: Queue): Promise<void> {
    const { making, endpoint } = this.parts;
    const waiting: Notification[] = [];
    for (const event of events) {
      const made = await making.execute(event, endpoint);
      queue.counts.events += made.length;
      waiting.push(...made);
      while (waiting.length >= endpoint.batch) await this.deliver(waiting.splice(0, endpoint.batch), queue);
      if (waiting.length === 0) this.passed(event, queue);
      await this.save(queue, SAVE_MS);
    }
    await this.deliver(waiting, queue);
    queue.cursor = next;
  }

  private passed({ cursor }: FeedEvent, queue: Queue): void {
    queue.cursor = cursor;
  }

  private async deliver(notifications: readonly Notification[], queue: Queue): Promise<void> {
    const { endpoint, sending } = this.parts;
    const { signal } = this.stopping;
    for (;;) {
      const fresh = this.withoutOld(notifications, queue);
      if (fresh.length === 0) return;
      if (signal.aborted) throw new Leave();
      const sent = await sending.execute(fresh, signal);
      if (signal.aborted) throw new Leave();
      if (this.note(sent, fresh.length, queue)) return;
      await this.save(queue, RENEW_MS);
      await sleep(this.failed >= endpoint.threshold ? endpoint.backoffMs : RETRY_MS, signal);
    }
  }

  /** Drops what is too old. */
  private withoutOld(notifications: readonly Notification[], queue: Queue): readonly Notification[] {
    const { endpoint, logger } = this.parts;
    const oldest = Date.now() - endpoint.maxAgeMs;
    const fresh = notifications.filter(({ timestamp }) => Date.parse(timestamp) >= oldest);
    for (const { id, action, target } of notifications.filter((each) => !fresh.includes(each))) {
      queue.counts.dropped += 1;
      const { repository } = target;
      logger.error(
        { endpoint: endpoint.name, event: id, action, repository },
        'a notification was dropped: it is too old',
      );
    }
    return fresh;
  }

  /** @returns whether it was taken. */
  private note(sent: Sent, events: number, queue: Queue): boolean {
    const { counts } = queue;
    if ('status' in sent) {
      const text = `${sent.status} ${STATUS_CODES[sent.status] ?? ''}`.trim();
      counts.statuses[text] = (counts.statuses[text] ?? 0) + events;
      if (isDelivered(sent.status)) return this.noteSuccess(events, queue);
      counts.failures += events;
      this.noteFailure(text, queue);
      return false;
    }
    counts.errors += events;
    this.noteFailure(sent.error, queue);
    return false;
  }

  private noteSuccess(events: number, queue: Queue): true {
    const { endpoint, logger } = this.parts;
    if (this.failed > 0) logger.info({ endpoint: endpoint.name, tries: this.failed }, 'notifications are taken again');
    this.failed = 0;
    queue.counts.successes += events;
    queue.lastSuccessAt = new Date();
    return true;
  }

  private noteFailure(reason: string, queue: Queue): void {
    const { endpoint, logger } = this.parts;
    if (this.failed === 0) logger.warn({ endpoint: endpoint.name, reason }, 'a notification was not taken');
    this.failed += 1;
    queue.lastError = reason;
    queue.lastErrorAt = new Date();
  }

  /** Writes the queue if that is due. @throws Leave when another process has it. */
  private async save(queue: Queue, everyMs: number): Promise<void> {
    if (performance.now() - this.savedAt < everyMs) return;
    if (!(await this.parts.queues.save(this.parts.endpoint.name, queue, this.holdMs))) throw new Leave();
    this.savedAt = performance.now();
  }
}
