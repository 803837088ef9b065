import { connect, type Socket } from 'node:net';
import type { Registry } from '../../support/registry.js';
import type { Answer } from './answer.js';

/** A connection on which bytes go out as they are written, and what came back is kept. */
export class Raw {
  /** True once the connection was reset, or refused what was written. */
  broken = false;
  private received = Buffer.alloc(0);
  private readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (piece: Buffer) => {
      this.received = Buffer.concat([this.received, piece]);
    });
    socket.on('error', () => {
      this.broken = true;
    });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static open(registry: Pick<Registry, 'url'>, bytes: string | Buffer = ''): Raw {
    const { hostname, port } = new URL(registry.url);
    const raw = new Raw(connect(Number(port), hostname));
    raw.write(bytes);
    return raw;
  }

  /** @param bytes each character of a text is one byte. */
  write(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Everything that came until the server closed the connection, one character a byte. */
  async ended(): Promise<string> {
    await this.closed;
    return this.text;
  }

  /** Waits until this many answers came whole; throws when the connection ends before. */
  async answered(count: number): Promise<Answer[]> {
    for (;;) {
      const { answers } = answersIn(this.text);
      if (answers.length >= count) return answers;
      if (this.socket.closed) throw new Error(`the connection ended after ${JSON.stringify(this.text)}`);
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.closed]);
    }
  }

  cut(): void {
    this.socket.destroy();
  }

  private get text(): string {
    return this.received.toString('latin1');
  }
}

/** A request's head with a Host. @param lines more headers, as they are */
export function head(method: string, path: string, ...lines: (string | undefined)[]): string {
  const headers = ['Host: registry.test', ...lines].filter((line) => line !== undefined);
  return `${[`${method} ${path} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`;
}

/** The answers in what a server sent, each as long as its Content-Length says, and what is left behind them. */
export function answersIn(text: string): { answers: Answer[]; rest: string } {
  const answers: Answer[] = [];
  let rest = text;
  for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
    const headers = Object.fromEntries(
      lines.map((one) => [one.split(':')[0]!.toLowerCase(), one.replace(/^.*?: /, '')]),
    );
    const length = Number(headers['content-length'] ?? 0);
    const after = rest.slice(end + 4);
    if (Number.isNaN(status) || after.length < length) break;
    rest = after.slice(length);
    const body = Buffer.from(after.slice(0, length), 'latin1');
    answers.push({ status, headers, body, codes: status < 400 || length === 0 ? [] : codesOf(body) });
  }
  return { answers, rest };
}

function codesOf(body: Buffer): string[] {
  const { errors } = JSON.parse(body.toString('utf8')) as { errors: { code: string }[] };
  return errors.map(({ code }) => code);
}
