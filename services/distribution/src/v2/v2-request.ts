import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientView, clientOf, type IpNetworks, SAFE_HEADERS } from '@lading/platform';
import type { Asked } from '../access/need.js';
import { parseQuery } from '../http/query.js';
import type { V2Path } from '../http/v2-path.js';

/** Headers of every answer on `/v2/` (BASE-06). */
const COMMON_HEADERS = ['Docker-Distribution-API-Version', 'registry/2.0', ...Object.entries(SAFE_HEADERS).flat()];

export type Headers = Readonly<Record<string, string | number | string[]>>;

/** One request on `/v2/` and its answer. Answers go straight to the socket: nothing is re-encoded or compressed. */
export class V2Request {
  /** Who asks, for the log; set once it is known. */
  principal = '';
  /** What its 401 tells the client to ask for; set once the route is known. */
  needs: readonly Asked[] = [];
  #query: URLSearchParams | undefined;
  #client: ClientView | undefined;

  constructor(
    readonly id: string,
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
    readonly path: V2Path,
    private readonly search: string,
    private readonly trustedProxies: IpNetworks,
  ) {}

  get method(): string {
    return this.req.method ?? 'GET';
  }

  get query(): URLSearchParams {
    this.#query ??= parseQuery(this.search);
    return this.#query;
  }

  /** The client's address, and the one by which it reached the registry. */
  get client(): ClientView {
    this.#client ??= clientOf(this.req, this.trustedProxies);
    return this.#client;
  }

  header(name: string): string | undefined {
    const value = this.req.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Answers with a whole body, or none. HEAD gets the headers alone (HTTP-06, HTTP-12). */
  send(status: number, headers: Headers = {}, body?: Buffer): void {
    const length = status === 204 || status === 304 ? undefined : (body?.length ?? 0);
    this.begin(
      status,
      length === undefined || 'Content-Length' in headers ? headers : { ...headers, 'Content-Length': length },
    );
    if (body && this.method !== 'HEAD') this.res.end(body);
    else this.res.end();
  }

  /** JSON without a charset: clients compare the type exactly (HTTP-15). */
  sendJson(status: number, value: unknown, headers: Headers = {}): void {
    this.send(status, { 'Content-Type': 'application/json', ...headers }, Buffer.from(JSON.stringify(value)));
  }

  /**
   * The whole answer at once, but its end only after `until`: Node closes a connection that is not kept right after the
   * end, and a client that still sends would see a reset instead of the answer (HTTP-20).
   */
  sendJsonAndClose(status: number, value: unknown, headers: Headers, until: Promise<unknown>): void {
    const body = Buffer.from(JSON.stringify(value));
    const own = { 'Content-Type': 'application/json', 'Content-Length': body.length, Connection: 'close' };
    this.begin(status, { ...own, ...headers });
    if (this.method === 'HEAD') this.res.flushHeaders();
    else this.res.write(body);
    void until.then(() => this.res.end());
  }

  /** Writes status and headers; the caller streams the body and ends the response. */
  begin(status: number, headers: Headers): void {
    const flat: (string | number | string[])[] = [...COMMON_HEADERS, 'X-Request-Id', this.id];
    for (const name in headers) flat.push(name, headers[name] as string | number | string[]);
    this.res.writeHead(status, flat as never);
  }
}
