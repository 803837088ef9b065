import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { isAuthPath } from '../../support/is-auth-path.js';
import type { Registry } from '../../support/registry.js';
import { type Answer, assertCommon } from './answer.js';

export interface Sent {
  headers?: Record<string, string | string[] | undefined>;
  /** A list is sent chunked, without a length, one piece after the other. */
  body?: Buffer | string | readonly Buffer[];
}

/** Sends requests as they are written, and holds every answer to what is true of all of them. */
export class Http {
  private readonly agent = new Agent({ keepAlive: true });
  /** Another service may answer these, and `startSwitch` chooses one for a connection. */
  private readonly tokenAgent = new Agent({ keepAlive: true });

  /** @param credentials the header's value, or what gives it once the registry runs; none sends no header. */
  constructor(
    readonly registry: Pick<Registry, 'url' | 'user' | 'password'>,
    private readonly credentials?: string | (() => string),
  ) {}

  /** As the administrator, who may do everything. */
  static asAdmin(registry: Pick<Registry, 'url' | 'user' | 'password'>): Http {
    const pair = () => Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
    return new Http(registry, () => `Basic ${pair()}`);
  }

  /** The header's value. */
  get authorization(): string | undefined {
    return typeof this.credentials === 'function' ? this.credentials() : this.credentials;
  }

  /** @param path below the registry's address, sent as it is. */
  async send(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
    const answer = await this.exchange(method, path, { headers, body });
    assertCommon(method, answer);
    return answer;
  }

  /** Without the checks that belong to `/v2/`. */
  exchange(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.registry.url);
    const agent = isAuthPath(path) ? this.tokenAgent : this.agent;
    const own = { ...(this.authorization && { authorization: this.authorization }), ...headers };
    const all = Object.fromEntries(
      Object.entries(own).filter(([, value]) => value !== undefined),
    ) as IncomingHttpHeaders;
    if (typeof body === 'string' || Buffer.isBuffer(body)) all['content-length'] ??= String(Buffer.byteLength(body));
    else if (body === undefined && method !== 'GET' && method !== 'HEAD') all['content-length'] ??= '0';
    return new Promise((resolve, reject) => {
      const host = hostname.replace(/^\[(.*)\]$/, '$1'); // A URL has brackets around an IPv6 address, a socket has not.
      const req = request({ agent, host, port, method, path, headers: all }, (res) =>
        readAnswer(res).then(resolve, reject),
      );
      req.once('error', reject);
      if (Array.isArray(body)) for (const piece of body) req.write(piece);
      req.end(Array.isArray(body) ? undefined : (body as Buffer | string | undefined));
    });
  }

  close(): void {
    this.agent.destroy();
    this.tokenAgent.destroy();
  }
}

export async function readAnswer(res: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = Object.fromEntries(
    Object.entries(res.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
  const answer = { status: res.statusCode ?? 0, headers, body };
  return { ...answer, codes: codesOf(answer.status, body) };
}

function codesOf(status: number, body: Buffer): string[] {
  if (status < 400 || body.length === 0) return [];
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors: { code: string }[] };
    return errors.map(({ code }) => code);
  } catch {
    return [];
  }
}
