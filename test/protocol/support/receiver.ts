import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './eventually.js';

/** One event as it came. */
export interface Notified {
  id: string;
  timestamp: string;
  action: string;
  target: Record<string, unknown>;
  request: Record<string, string>;
  actor: Record<string, string>;
  source: Record<string, string>;
}

/** One request to a receiver. */
export interface Delivery {
  method: string;
  headers: IncomingHttpHeaders;
  text: string;
  events: Notified[];
  /** By the receiver's own clock, milliseconds. */
  at: number;
}

type Answer = (res: ServerResponse, nth: number) => void;

/** Receives notifications on loopback: each path is a receiver of its own, and takes everything unless it is told else. */
export class Receiver {
  private readonly deliveries = new Map<string, Delivery[]>();
  private readonly answers = new Map<string, Answer>();
  private readonly busy = new Map<string, number>();
  private readonly busiest = new Map<string, number>();

  private constructor(private readonly server = createServer()) {
    server.on('request', (req, res) => {
      const path = req.url ?? '';
      const busy = (this.busy.get(path) ?? 0) + 1;
      this.busy.set(path, busy);
      this.busiest.set(path, Math.max(this.mostAtOnce(path), busy));
      res.once('close', () => this.busy.set(path, (this.busy.get(path) ?? 1) - 1));
      const pieces: Buffer[] = [];
      req.on('error', () => undefined);
      req.on('data', (piece: Buffer) => pieces.push(piece));
      req.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        const events = text === '' ? [] : JSON.parse(text).events;
        const all = this.at(path);
        all.push({ method: req.method ?? '', headers: req.headers, text, events, at: performance.now() });
        (this.answers.get(path) ?? ((answer) => answer.end()))(res, all.length);
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  /** @param host by which it is called. */
  url(path: string, host = '127.0.0.1'): string {
    return `http://${host}:${(this.server.address() as AddressInfo).port}${path}`;
  }

  /** @param answer is given the response and how many requests the path has had, this one among them. */
  answerWith(path: string, answer: Answer): void {
    this.answers.set(path, answer);
  }

  /** What came so far. */
  at(path: string): Delivery[] {
    const known = this.deliveries.get(path) ?? [];
    this.deliveries.set(path, known);
    return known;
  }

  /** Requests at the same time that the path has seen. */
  mostAtOnce(path: string): number {
    return this.busiest.get(path) ?? 0;
  }

  eventsAt(path: string): Notified[] {
    return this.at(path).flatMap(({ events }) => events);
  }

  /** The events that fit, once there are as many as that. */
  async events(path: string, fits: (event: Notified) => boolean, count = 1): Promise<Notified[]> {
    return eventually(`${count} events at ${path}`, () => {
      const found = this.eventsAt(path).filter(fits);
      return found.length >= count ? found : undefined;
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
