import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A moment in a client's work with its database. */
export interface Moment {
  /** Name or text of a statement. */
  statement: RegExp;
  /** It was not run; it was run, and its transaction is open; its transaction is on disk, and nobody was told so. */
  at: 'before' | 'uncommitted' | 'committed';
}

/**
 * Stands between clients and a PostgreSQL, passes every byte on, and stops one connection at a moment that is asked for: what
 * the client says from then on, or is told, goes nowhere. What a client that is killed there has done, and what not, is
 * then known exactly.
 */
export class DatabaseTap {
  private moment: Moment | undefined;
  private reached: () => void = () => undefined;
  private readonly open = new Set<Socket>();
  private away = false;

  private constructor(
    /** As of the PostgreSQL, with another port. */
    readonly url: string,
    private readonly end: () => void,
  ) {}

  /** On a free port of 127.0.0.1. */
  static async start(postgres: string): Promise<DatabaseTap> {
    const { hostname, port } = new URL(postgres);
    let tap: DatabaseTap;
    const server = createServer({ noDelay: true }, (client) => {
      if (tap.away) client.destroy();
      else tap.join(client, connect({ host: hostname, port: Number(port), noDelay: true }));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    server.unref(); // A failed test that does not close it must not keep jest from ending.
    const url = new URL(postgres);
    url.port = `${(server.address() as AddressInfo).port}`;
    tap = new DatabaseTap(url.href, () => server.close());
    return tap;
  }

  /** Resolves when a connection was stopped at this moment: the first that comes to it. */
  stopAt(moment: Moment): Promise<void> {
    this.moment = moment;
    return new Promise((resolve) => {
      this.reached = resolve;
    });
  }

  /** Every connection breaks, and none is taken until `mend`. */
  cut(): void {
    this.away = true;
    for (const socket of this.open) socket.destroy();
  }

  mend(): void {
    this.away = false;
  }

  close(): void {
    this.cut();
    this.end();
  }

  private join(client: Socket, server: Socket): void {
    const watch = new Watch(
      () => this.moment,
      () => {
        this.moment = undefined;
        this.reached();
      },
    );
    for (const [from, to, pass] of [
      [client, server, (bytes: Buffer) => watch.said(bytes)],
      [server, client, (bytes: Buffer) => watch.told(bytes)],
    ] as const) {
      this.open.add(from);
      from.on('data', (bytes: Buffer) => to.write(pass(bytes)));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.open.delete(from);
        to.destroy();
      });
    }
  }
}

/** One connection, message by message: https://www.postgresql.org/docs/current/protocol-message-formats.html */
class Watch {
  /** Of statements that were prepared, by name. */
  private readonly texts = new Map<string, string>();
  private readonly fromClient = new Messages(false);
  private readonly fromServer = new Messages(true);
  private inTransaction = false;
  /** The statement of the moment was run in this transaction. */
  private matched = false;
  private awaitsCommit = false;
  private stopped = false;

  constructor(
    private readonly moment: () => Moment | undefined,
    private readonly reach: () => void,
  ) {}

  /** @returns what goes on to the server. */
  said(bytes: Buffer): Buffer {
    return Buffer.concat(this.fromClient.split(bytes).filter((message) => this.passes(message)));
  }

  /** @returns what goes on to the client. */
  told(bytes: Buffer): Buffer {
    return Buffer.concat(this.fromServer.split(bytes).filter((message) => this.passesBack(message)));
  }

  private passes(message: Buffer): boolean {
    const text = this.textOf(message);
    if (this.stopped) return false;
    if (text === undefined) return true;
    const isEnd = /^\s*(commit|rollback)/i.test(text);
    const passes = this.passesMoment(text);
    if (/^\s*begin/i.test(text)) this.inTransaction = true;
    if (isEnd) {
      this.inTransaction = false;
      this.matched = false;
    }
    return passes;
  }

  private passesMoment(text: string): boolean {
    const moment = this.moment();
    if (!moment) return true;
    if (moment.statement.test(text)) {
      if (moment.at === 'before') return this.stop();
      this.matched = true;
      this.awaitsCommit = moment.at === 'committed' && !this.inTransaction;
    }
    if (!this.matched || !/^\s*commit/i.test(text)) return true;
    if (moment.at === 'uncommitted') return this.stop();
    this.awaitsCommit = true;
    return true;
  }

  /** From the end of the command on, nothing; the transaction is over when the server is ready for more. */
  private passesBack(message: Buffer): boolean {
    if (this.stopped) return false;
    if (!this.moment()) this.awaitsCommit = false;
    const type = String.fromCharCode(message[0]!);
    if (!this.awaitsCommit || !['C', 'Z'].includes(type)) return true;
    return type === 'C' ? false : this.stop();
  }

  private stop(): false {
    this.stopped = true;
    this.reach();
    return false;
  }

  /** Name and text of what a message prepares or runs. */
  private textOf(message: Buffer): string | undefined {
    const type = String.fromCharCode(message[0]!);
    const strings = message.subarray(5).toString('latin1').split('\0', 2) as [string, string];
    if (type === 'Q') return strings[0];
    if (type === 'P') this.texts.set(strings[0], strings.join(' '));
    return type === 'B' ? this.texts.get(strings[1]) : undefined;
  }
}

/** Cuts a stream into whole messages; the client's first one has no type. */
class Messages {
  private rest = Buffer.alloc(0);

  constructor(private typed: boolean) {}

  split(bytes: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    const messages: Buffer[] = [];
    for (let size = this.sizeOfNext(); size !== undefined && size <= this.rest.length; size = this.sizeOfNext()) {
      messages.push(this.rest.subarray(0, size));
      this.rest = this.rest.subarray(size);
      this.typed = true;
    }
    return messages;
  }

  private sizeOfNext(): number | undefined {
    const head = this.typed ? 1 : 0;
    return this.rest.length < head + 4 ? undefined : head + this.rest.readUInt32BE(head);
  }
}
