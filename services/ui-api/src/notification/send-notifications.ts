import { createHmac } from 'node:crypto';
import type { Secret } from '@lading/platform';
import type { Endpoint } from './endpoint.js';
import type { Notification } from './notification.js';
import { derivedId } from './notification.mapper.js';
import { Poster } from './post.js';

const TYPE = 'application/vnd.docker.distribution.events.v2+json';

/** What became of one POST. */
export type Sent = { readonly status: number } | { readonly error: string };

/** Sends notifications to one endpoint. */
export class SendNotifications {
  private readonly poster = new Poster();

  constructor(private readonly endpoint: Endpoint) {}

  async execute(notifications: readonly Notification[], stopping: AbortSignal): Promise<Sent> {
    const { url, headers, timeoutMs, privateRedirects } = this.endpoint;
    const body = Buffer.from(JSON.stringify({ events: notifications }));
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]);
    const own = headers.map(({ name, values }) => [name, values.map((value) => value.reveal())] as const);
    const message = {
      ...{ url: url.reveal(), body, privateRedirects, ownHeaders: Object.fromEntries(own) },
      headers: { 'Content-Type': TYPE, 'User-Agent': 'lading', ...this.signature(notifications, body) },
    };
    try {
      return { status: await this.poster.post(message, signal) };
    } catch (error) {
      return { error: reasonOf(error) };
    }
  }

  close(): void {
    this.poster.close();
  }

  /** Standard Webhooks 1.0.0: the id is the same in each delivery of the same events. */
  private signature(notifications: readonly Notification[], body: Buffer): Record<string, string> {
    const { secret } = this.endpoint;
    const [first] = notifications;
    if (secret === undefined || first === undefined) return {};
    const ids = notifications.map(({ id }) => id).join(' ');
    const id = notifications.length === 1 ? first.id : derivedId(ids, notifications.length);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signed = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signed}` };
  }
}

function keyOf(secret: Secret): Buffer {
  return Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64');
}

/** Without what was sent and where: an address may hold a secret. */
function reasonOf(error: unknown): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || code === 'ABORT_ERR') return 'no answer in time';
  if (name === 'RedirectRefused') return message;
  return typeof code === 'string' ? code : 'the connection failed';
}
