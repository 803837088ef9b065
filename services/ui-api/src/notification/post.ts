import { Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { assertPublicHost, publicLookup, RedirectRefused } from './guarded-lookup.js';

/** Redirects that are followed for one message. */
const MOST_REDIRECTS = 5;

/** Bytes of an answer that are read; nothing in it matters. */
const LONGEST_ANSWER = 64 * 1024;

export interface Message {
  readonly url: string;
  readonly body: Buffer;
  /** Sent wherever a redirect leads. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Sent to the origin of `url` alone: they may hold credentials. */
  readonly ownHeaders: Readonly<Record<string, string | string[]>>;
  /** Whether a redirect may lead to a private address of another host. */
  readonly privateRedirects: boolean;
}

/**
 * POSTs messages to one receiver, over connections that are kept. Follows 301, 302, 307 and 308 with the same POST; any
 * other answer is final.
 *
 * The address that the operator set is trusted. One that a redirect gives is not: it must not be a private address unless
 * it is on the same host, nor lead from https to http.
 */
export class Poster {
  private readonly http = new HttpAgent({ keepAlive: true });
  private readonly https = new HttpsAgent({ keepAlive: true });

  /** @returns the status. @throws what the connection throws, RedirectRefused, and when the signal aborts. */
  async post(message: Message, signal: AbortSignal): Promise<number> {
    const first = new URL(message.url);
    for (let url = first, hops = 0; ; hops++) {
      const isForeign = url.hostname !== first.hostname && !message.privateRedirects;
      if (isForeign) assertPublicHost(url.hostname);
      const own = url.origin === first.origin ? message.ownHeaders : {};
      const headers = { ...message.headers, ...own, 'Content-Length': message.body.length };
      const answer = await this.exchange(url, headers, message.body, signal, isForeign ? publicLookup : undefined);
      const next = redirectOf(answer, url);
      if (next === undefined) return answer.statusCode ?? 0;
      if (hops === MOST_REDIRECTS) throw new RedirectRefused(`more than ${MOST_REDIRECTS} redirects`);
      url = next;
    }
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }

  private exchange(
    url: URL,
    headers: OutgoingHttpHeaders,
    body: Buffer,
    signal: AbortSignal,
    lookup: LookupFunction | undefined,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const isSecure = url.protocol === 'https:';
      const options = { method: 'POST', headers, signal, ...(lookup && { lookup }) };
      const request = isSecure
        ? requestHttps(url, { ...options, agent: this.https })
        : requestHttp(url, { ...options, agent: this.http });
      request.on('error', reject);
      request.on('response', (answer) => {
        answer.on('error', () => undefined);
        discard(answer);
        resolve(answer);
      });
      request.end(body);
    });
  }
}

/** Reads the answer to its end, so that the connection can be used again, unless it is long. */
function discard(answer: IncomingMessage): void {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LONGEST_ANSWER) answer.destroy();
  });
}

const REDIRECTS = new Set([301, 302, 307, 308]);

function redirectOf({ statusCode = 0, headers: { location } }: IncomingMessage, from: URL): URL | undefined {
  if (!REDIRECTS.has(statusCode) || location === undefined) return undefined;
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (next === undefined || !/^https?:$/.test(next.protocol)) throw new RedirectRefused('the redirect leads nowhere');
  if (from.protocol === 'https:' && next.protocol === 'http:') throw new RedirectRefused('the redirect leads to http');
  return next;
}
