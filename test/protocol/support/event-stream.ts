import type { IncomingMessage } from 'node:http';
import type { Api } from './api.js';

/** An event of the feed, as far as tests look at it. */
export interface FedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly partitionkey: string;
  readonly aggregateversion: number;
  readonly cursor: string;
  readonly data: Record<string, unknown>;
}

/** A reader of server-sent events. */
export class EventStream {
  /** The last that was told, with an event or without. */
  lastId: string | undefined;
  private text = '';

  private constructor(
    readonly res: IncomingMessage,
    private readonly pieces: AsyncIterator<Buffer>,
  ) {}

  static async open(api: Api, query = '', headers: Record<string, string> = {}): Promise<EventStream> {
    const res = await api.open('GET', `/events${query}`, { accept: 'text/event-stream', ...headers });
    return new EventStream(res, res[Symbol.asyncIterator]());
  }

  /** The next event; undefined when the stream has ended. @throws when it was cut */
  async next(): Promise<FedEvent | undefined> {
    for (;;) {
      const block = await this.block();
      if (block === undefined) return undefined;
      this.lastId = /^id: (.*)$/m.exec(block)?.[1] ?? this.lastId;
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) return JSON.parse(data);
    }
  }

  async take(count: number): Promise<(FedEvent | undefined)[]> {
    const events = [];
    for (let at = 0; at < count; at++) events.push(await this.next());
    return events;
  }

  close(): void {
    this.res.destroy();
  }

  private async block(): Promise<string | undefined> {
    while (!this.text.includes('\n\n')) {
      const { done, value } = await this.pieces.next();
      if (done) return undefined;
      this.text += value;
    }
    const end = this.text.indexOf('\n\n');
    const block = this.text.slice(0, end);
    this.text = this.text.slice(end + 2);
    return block;
  }
}
