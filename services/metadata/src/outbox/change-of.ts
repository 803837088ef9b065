import type { EventRequest } from '@lading/events';
import type { Scope } from '@lading/proto';
import { storable } from '../manifest/storable-text.js';

/** Characters of each text that an event tells of a request. */
const LONGEST = 512;

/** What every event of a change that somebody asked for carries: where, who, and how the request looked. */
export interface Change {
  repositoryId: number;
  path: string;
  principal: string;
  request?: EventRequest | undefined;
}

export function changeOf({ name, principal, request }: Scope, repositoryId: number): Change {
  return { repositoryId, path: name, principal, request: request && toldRequest(request) };
}

/** An allow-list: what else a caller sends is in no event. */
export function toldRequest(request: NonNullable<Scope['request']>): EventRequest {
  const { id, address, origin, method, userAgent, node, instanceId } = request;
  return {
    id: told(id),
    address: told(address),
    origin: told(origin),
    method: told(method),
    userAgent: told(userAgent),
    node: told(node),
    instanceId: told(instanceId),
  };
}

function told(text: string): string {
  return storable(text.slice(0, LONGEST));
}
