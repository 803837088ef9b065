import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Registry } from '../../support/registry.js';

/** A request whose body is sent piece by piece, over a connection of its own. */
export class OpenBody {
  private text = '';
  private readonly closed: Promise<void>;

  private constructor(
    readonly socket: Socket,
    private readonly chunked: boolean,
  ) {
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** @param headers `content-length` among them, or the body is chunked. */
  static async start(
    registry: Pick<Registry, 'url'>,
    method: string,
    path: string,
    headers: Record<string, string | undefined>,
  ): Promise<OpenBody> {
    const { hostname, port } = new URL(registry.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const chunked = headers['content-length'] === undefined;
    const all = { host: `${hostname}:${port}`, ...(chunked && { 'transfer-encoding': 'chunked' }), ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    socket.write(`${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
    return new OpenBody(socket, chunked);
  }

  /** Settles when the system has taken the bytes, or the connection is gone. */
  async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.socket.destroyed) return;
    const piece = this.chunked
      ? [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]
      : [bytes];
    const written = new Promise<void>((resolve) => this.socket.write(Buffer.concat(piece), () => resolve()));
    await Promise.race([written, this.closed]);
  }

  /** Ends the body and waits for the answer's status; 0 where the connection ended without one. */
  async finish(): Promise<number> {
    if (this.chunked && !this.socket.destroyed) this.socket.write('0\r\n\r\n');
    return this.status();
  }

  async status(): Promise<number> {
    await this.head();
    return Number(/^HTTP\/1.1 (\d+)/.exec(this.text)?.[1] ?? 0);
  }

  /** Waits for `100 Continue`: from then on the request is the one that writes. It must have been asked for. */
  async continued(): Promise<void> {
    await this.head();
    if (!this.text.startsWith('HTTP/1.1 100 ')) throw new Error(`not continued: ${this.text}`);
    this.text = this.text.slice(this.text.indexOf('\r\n\r\n') + 4);
  }

  private async head(): Promise<void> {
    while (!this.text.includes('\r\n\r\n') && !this.socket.closed) {
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.closed]);
    }
  }

  /** The client goes away; what the system took before still arrives. */
  cut(): void {
    this.socket.destroy();
  }
}
