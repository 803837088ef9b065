import { Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Registry } from '../support/registry.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Sent {
  headers?: Record<string, string | number>;
  body?: Buffer;
}

/** A request whose body the test sends piece by piece. */
export interface OpenRequest {
  /** Resolves once the piece was taken by the socket, or rejects when the connection is gone. */
  write(piece: Buffer): Promise<void>;
  end(): void;
  /** Goes away without ending the body. */
  cut(): void;
  readonly answer: Promise<Answer>;
}

/**
 * Plain HTTP to a registry as its admin, with connections of its own. A connection that breaks is an error with the code
 * of the system; every answer, whatever its status, is an answer.
 */
export class Http {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly authorization: string;

  constructor(private readonly registry: Pick<Registry, 'url' | 'user' | 'password'>) {
    this.authorization = `Basic ${Buffer.from(`${registry.user}:${registry.password}`).toString('base64')}`;
  }

  /** @param path below the registry's root, or a whole URL as in `Location` */
  async send(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
    const length: Record<string, number> = body ? { 'content-length': body.length } : {};
    const req = this.request(method, path, { ...headers, ...length });
    const answer = answerOf(req);
    req.end(body);
    return answer;
  }

  /** Without a `content-length` the body goes in chunks. */
  open(method: string, path: string, headers: Record<string, string | number> = {}): OpenRequest {
    const req = this.request(method, path, headers);
    const answer = answerOf(req);
    answer.catch(() => undefined); // Whoever awaits it is told.
    return {
      write: (piece) =>
        new Promise((resolve, reject) => {
          req.write(piece, (error) => (error ? reject(error) : resolve()));
        }),
      end: () => req.end(),
      cut: () => req.destroy(),
      answer,
    };
  }

  /** Reads a body without keeping it. @param take gets each piece */
  async download(path: string, take: (piece: Buffer) => void): Promise<number> {
    const req = this.request('GET', path, {});
    const head = headOf(req);
    req.end();
    const answer = await head;
    for await (const piece of answer) take(piece as Buffer);
    return answer.statusCode!;
  }

  close(): void {
    this.agent.destroy();
  }

  private request(method: string, path: string, headers: Record<string, string | number>): ClientRequest {
    const url = new URL(path, this.registry.url);
    return request(url, { method, agent: this.agent, headers: { authorization: this.authorization, ...headers } });
  }
}

function headOf(req: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    req.once('response', resolve);
    req.once('error', reject);
    req.once('close', () => reject(new Error('closed without an answer')));
  });
}

async function answerOf(req: ClientRequest): Promise<Answer> {
  const message = await headOf(req);
  req.on('error', () => undefined); // Answered: a body that is cut short afterwards shows below.
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return { status: message.statusCode!, headers: message.headers, body: Buffer.concat(pieces) };
}
