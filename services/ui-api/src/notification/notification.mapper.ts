import { createHash } from 'node:crypto';
import type { Notice } from './notices.js';
import type { Notification } from './notification.js';

/** What a notice does not tell by itself. */
export interface LookedUp {
  /** Of whoever asked; undefined for nobody. */
  readonly name: string | undefined;
  /** What a pushed manifest names, where that is wanted. */
  readonly references: readonly object[] | undefined;
}

/** Fields of the CNCF format and no others; empty texts are left out but for three (EVT-03). */
export function toNotification(id: string, notice: Notice, { name, references }: LookedUp): Notification {
  const { action, target, request, time } = notice;
  return {
    id,
    timestamp: time,
    action,
    target: { ...target, references },
    request: {
      id: request?.id ?? '',
      addr: request?.address || undefined,
      host: request && hostOf(request.origin),
      method: request?.method ?? '',
      useragent: request?.userAgent ?? '',
    },
    actor: { name: name || undefined },
    source: { addr: request?.node || undefined, instanceID: request?.instanceId || undefined },
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The id of the n-th of what comes from one event: its own for the first, one made of it for the others (RFC 9562, v8). */
export function derivedId(id: string, n: number): string {
  if (n === 0) return id;
  const bytes = createHash('sha256').update(`${id} ${n}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
