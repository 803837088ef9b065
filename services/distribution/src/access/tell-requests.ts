import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { RequestContext } from '@lading/proto';
import type { DistributionSettings } from '../settings.js';
import type { V2Request } from '../v2/v2-request.js';
import { originOf } from './challenge.js';

/** Characters of a user agent that are told. */
const LONGEST_AGENT = 512;

/** What events tell of requests that this process serves. */
export class TellRequests {
  private readonly host = hostname();
  private readonly instanceId = randomUUID();

  constructor(private readonly settings: DistributionSettings) {}

  /** Asked while the client is connected: its address is not known afterwards. */
  contextOf(request: V2Request): RequestContext {
    return {
      id: request.id,
      address: request.client.address,
      origin: originOf(this.settings, request),
      method: request.method,
      userAgent: (request.header('user-agent') ?? '').slice(0, LONGEST_AGENT),
      node: `${this.host}:${request.req.socket.localPort ?? 0}`,
      instanceId: this.instanceId,
    };
  }
}
