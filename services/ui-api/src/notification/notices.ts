import type { EventData, EventRequest, EventType, LogEvent } from '@lading/events';
import type { Notification, NotifiedTarget } from './notification.js';

/** A notification as far as the event alone tells it; names and references have to be looked up. */
export interface Notice {
  readonly action: Notification['action'];
  readonly target: NotifiedTarget;
  readonly principal: string;
  readonly request: EventRequest | undefined;
  /** RFC 3339. */
  readonly time: string;
  /** Of a pushed manifest, for what it names. */
  readonly manifestId?: number | undefined;
}

type Make<T extends EventType> = (data: EventData<T>, time: string) => Notice[];

/** Type of a blob's bytes, whatever a manifest calls them (EVT-09). */
const BYTES = 'application/octet-stream';

type InRepository = Pick<EventData<'dev.lading.tag.deleted.v1'>, 'path' | 'principal' | 'request'>;
type Stored = { digest: string; size?: number | undefined; mediaType?: string | undefined };

/**
 * What each event is in the CNCF format, which knows pull, push, mount and delete and nothing else (EVT-04). What the
 * collector does to content that nobody can see any more is no event there.
 */
const NOTICES: { readonly [T in EventType]: Make<T> } = {
  'dev.lading.project.created.v1': () => [],
  // Each of its repositories says so itself.
  'dev.lading.project.deleted.v1': () => [],
  'dev.lading.project.restored.v1': () => [],
  'dev.lading.project.expunged.v1': () => [],
  'dev.lading.repository.deleted.v1': (data, time) => [remove(data, time, {})],
  // What is in it again is not told of one by one, and there is no action for the whole.
  'dev.lading.repository.restored.v1': () => [],
  'dev.lading.repository.purged.v1': () => [],
  'dev.lading.repository.expunged.v1': () => [],
  'dev.lading.blob.uploaded.v1': (data, time) => [push(data, time, blob(data))],
  'dev.lading.blob.mounted.v1': (data, time) => [
    { ...push(data, time, { ...blob(data), fromRepository: data.fromPath }), action: 'mount' },
  ],
  'dev.lading.blob.deleted.v1': (data, time) => [remove(data, time, { digest: data.digest })],
  'dev.lading.blob.damaged.v1': () => [],
  'dev.lading.blob.healed.v1': () => [],
  'dev.lading.blob.unlinked.v1': () => [],
  'dev.lading.blob.pulled.v1': pulls('blobs'),
  // One that came with tags is told of with each of them, by the events that come next (EVT-07, EVT-25).
  'dev.lading.manifest.pushed.v1': (data, time) =>
    data.tags?.length ? [] : [{ ...push(data, time, manifest(data)), manifestId: data.manifestId }],
  'dev.lading.manifest.deleted.v1': (data, time) => [
    remove(data, time, { digest: data.digest }),
    ...data.tags.map((tag) => remove(data, time, { tag })),
  ],
  'dev.lading.manifest.expunged.v1': () => [],
  'dev.lading.manifest.pulled.v1': pulls('manifests'),
  'dev.lading.tag.set.v1': (data, time) => [
    { ...push(data, time, { ...manifest(data), tag: data.tag }), manifestId: data.manifestId },
  ],
  'dev.lading.tag.deleted.v1': (data, time) => [remove(data, time, { tag: data.tag })],
};

/** What an event of the log means for receivers of notifications; nothing for a type that is not known. */
export function noticesOf({ type, data, time }: LogEvent): Notice[] {
  const make = Object.hasOwn(NOTICES, type) ? (NOTICES[type as EventType] as Make<EventType>) : undefined;
  return make?.(data as never, time.toISOString()) ?? [];
}

type Content = Omit<NotifiedTarget, 'repository'>;

function blob(data: Stored & InRepository): Content {
  return content(data.path, data.request, 'blobs', { ...data, mediaType: BYTES });
}

function manifest(data: Stored & InRepository & { artifactType?: string | undefined }): Content {
  return { ...content(data.path, data.request, 'manifests', data), artifactType: data.artifactType };
}

/** The address is always by digest (EVT-08). */
function content(path: string, request: EventRequest | undefined, kind: string, { digest, size, mediaType }: Stored) {
  const url = request ? `${request.origin}/v2/${path}/${kind}/${digest}` : undefined;
  return { mediaType, digest, size, length: size, url };
}

function push(data: InRepository, time: string, target: Content): Notice {
  const { path, principal, request } = data;
  return { action: 'push', target: { ...target, repository: path }, principal, request, time };
}

/** Nothing but what was deleted (EVT-12). */
function remove(data: InRepository, time: string, target: Content): Notice {
  return { ...push(data, time, target), action: 'delete' };
}

function pulls(kind: 'blobs' | 'manifests') {
  return ({ path, pulls: all }: EventData<'dev.lading.manifest.pulled.v1'>): Notice[] =>
    all.map(({ tag, principal, request, time, ...stored }) => {
      const target = { ...content(path, request, kind, stored), tag, repository: path };
      return { action: 'pull', target, principal, request, time };
    });
}
