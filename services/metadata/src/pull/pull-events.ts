import type { RegistryEvent } from '@lading/events';
import type { Pull } from '@lading/proto';
import { toldRequest } from '../outbox/change-of.js';

/** Pulls in one event: readers take many events at once, and none of them is to be large. */
const MOST = 100;

type PullEvent = Extract<RegistryEvent, { type: `dev.lading.${string}.pulled.v1` }>;

/** Pulls of one repository and kind make one event, in their order, or several where they are many. */
export function pullEvents(pulls: readonly Pull[]): PullEvent[] {
  const open = new Map<string, PullEvent>();
  const events: PullEvent[] = [];
  for (const pull of pulls) {
    const key = `${pull.repositoryId} ${pull.manifestId === undefined}`;
    let event = open.get(key);
    if (event === undefined || event.data.pulls.length >= MOST) {
      event = eventOf(pull);
      open.set(key, event);
      events.push(event);
    }
    event.data.pulls.push(told(pull));
  }
  return events;
}

function eventOf({ repositoryId, path, manifestId }: Pull): PullEvent {
  const type = manifestId === undefined ? 'dev.lading.blob.pulled.v1' : 'dev.lading.manifest.pulled.v1';
  return { type, subject: path, data: { repositoryId, path, pulls: [] } };
}

function told({ digest, manifestId, mediaType, size, tag, principal, request, atMs }: Pull) {
  return {
    ...{ digest, manifestId, mediaType, size, tag, principal },
    request: request && toldRequest(request),
    time: new Date(atMs).toISOString(),
  };
}
