import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { canonicalIp } from '../client/canonical-ip.js';
import type { IpNetworks } from '../client/ip-networks.js';
import type { HttpListener } from '../http-front.js';
import { isLoopbackHost } from '../loopback.js';
import { answerPlainly } from '../plain-answer.js';
import { SAFE_HEADERS } from '../safe-headers.js';
import type { Secret } from '../secret.js';
import type { Metrics } from './metrics.js';

export interface MetricsAccess {
  /** What a scraper sends as `Authorization: Bearer`; undefined: only this machine may ask (`LADING_METRICS_TOKEN`). */
  readonly token: Secret | undefined;
  /** Requests through them come from elsewhere. */
  readonly trustedProxies: IpNetworks;
}

/** Headers that only a proxy writes: behind one every request seems to come from where it runs. */
const OF_PROXIES = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/**
 * Answers `/metrics` to this machine, and with the token to others and through proxies: figures tell of a company what a stranger
 * need not know.
 *
 * @param metrics of the services in this process, in one answer.
 */
export function metricsListener(metrics: readonly Metrics[], access: MetricsAccess): HttpListener {
  return (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return answerPlainly(req, res, { status: 405, message: 'figures are read with GET' });
    }
    if (!mayRead(req, access)) {
      return answerPlainly(req, res, {
        status: 401,
        message: 'figures are for this machine, or with the metrics token',
      });
    }
    Promise.all(metrics.map((each) => each.text())).then(
      (texts) => {
        const body = mergeTexts(texts);
        const type = 'text/plain; version=0.0.4; charset=utf-8';
        const length = Buffer.byteLength(body);
        const head = { 'Content-Type': type, 'Content-Length': length, 'Cache-Control': 'no-store' };
        res.writeHead(200, { ...SAFE_HEADERS, ...head }).end(req.method === 'HEAD' ? undefined : body);
      },
      () => answerPlainly(req, res, { status: 500, message: 'the figures could not be read' }),
    );
  };
}

function mayRead(req: IncomingMessage, { token, trustedProxies }: MetricsAccess): boolean {
  const given = /^bearer +(\S+)\s*$/i.exec(req.headers.authorization ?? '')?.[1];
  if (token !== undefined && given !== undefined) return timingSafeEqual(hash(given), hash(token.reveal()));
  const peer = canonicalIp(req.socket.remoteAddress ?? '') ?? '';
  const isProxied = trustedProxies.has(peer) || OF_PROXIES.some((name) => req.headers[name] !== undefined);
  return isLoopbackHost(peer) && !isProxied;
}

const hash = (text: string) => createHash('sha256').update(text).digest();

/** A name is explained once, though each service may have figures of it. */
function mergeTexts(texts: readonly string[]): string {
  const byName = new Map<string, string[]>();
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    if (line.trim() === '') continue;
    const name = /^(?:# \w+ )?([A-Za-z_:][\w:]*)/.exec(line)?.[1] ?? '';
    const lines = byName.get(name) ?? [];
    if (!line.startsWith('#') || !lines.includes(line)) lines.push(line);
    byName.set(name, lines);
  }
  return `${[...byName.values()].flat().join('\n')}\n`;
}
