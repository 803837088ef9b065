import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { V2Handler } from '@lading/distribution';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const SOCKET = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1', localPort: 5000, destroy() {} };
/** `user:password`. */
const CREDENTIALS = `Basic ${Buffer.from('user:password').toString('base64')}`;

/** A request put to the handler of `/v2/` as a server would, without a socket. */
export function ask(handler: V2Handler, { method, url, headers = {}, body }: Asked): Promise<Answered> {
  const req = Object.assign(Readable.from(body && body.length > 0 ? [body] : [], { objectMode: false }), {
    method,
    url,
    headers: { host: 'localhost', authorization: CREDENTIALS, 'content-length': `${body?.length ?? 0}`, ...headers },
    socket: SOCKET,
    complete: true,
    setTimeout() {},
  });
  return new Promise((resolve, reject) => {
    const res = new Response(resolve, () => reject(new Error('the connection was cut')));
    void handler.handle(req as unknown as IncomingMessage, res as unknown as ServerResponse);
  });
}

/** As much of a `ServerResponse` as the handler uses. */
class Response extends EventEmitter {
  headersSent = false;
  writableFinished = false;
  statusCode = 200;
  private readonly headers: Record<string, string> = {};

  constructor(
    private readonly done: (answer: Answered) => void,
    private readonly cut: () => void,
  ) {
    super();
  }

  writeHead(status: number, flat: readonly (string | number)[]): void {
    this.headersSent = true;
    this.statusCode = status;
    for (let n = 0; n < flat.length; n += 2) this.headers[String(flat[n]).toLowerCase()] = String(flat[n + 1]);
  }

  writeContinue(): void {}

  end(): void {
    this.writableFinished = true;
    this.done({ status: this.statusCode, headers: this.headers });
    this.emit('close');
  }

  destroy(): void {
    this.cut();
  }
}
