import { z } from 'zod';

// Every event that `metadata` writes to its outbox, and nothing else. An event says where to look and what a reader
// cannot ask any more afterwards; truth stays in the registry's rows.

const Digest = z.string();
const Id = z.int().nonnegative();
const ObjectId = z.uuid();

/** The request of a change as it was served; what the collector does has none. */
const Request = z.object({
  id: z.string(),
  address: z.string(),
  /** Where clients reach the registry: scheme, host and port. */
  origin: z.string(),
  method: z.string(),
  userAgent: z.string(),
  /** The process that served it: host name and port, and a UUID of its start. */
  node: z.string(),
  instanceId: z.string(),
});

/** What all changes of a repository carry. `path` is the full name at that moment; `repositoryId` never changes. */
const InRepository = z.object({
  repositoryId: Id,
  path: z.string(),
  principal: z.string(),
  request: Request.optional(),
});

/** What happened to bytes, in whichever repositories they are. */
const OfObject = z.object({ digest: Digest, objectId: ObjectId, size: Id });

const InProject = z.object({ projectId: Id, path: z.string(), principal: z.string(), operation: z.uuid() });

/** One GET or HEAD that was answered. */
const Pull = z.object({
  digest: Digest,
  manifestId: Id.optional(),
  mediaType: z.string(),
  size: Id,
  /** The reference, where it was a tag. */
  tag: z.string().optional(),
  principal: z.string(),
  request: Request.optional(),
  time: z.string(),
});

/**
 * Pulls of one repository, at most 100. Not all of them are told of, and not in an order that could be relied on:
 * these events have version 0 and do not count.
 */
const Pulls = z.object({ repositoryId: Id, path: z.string(), pulls: z.array(Pull) });

const Edge = z.object({
  digest: Digest,
  objectId: ObjectId.optional(),
  manifestId: Id.optional(),
});

export const EVENT_CATALOGUE = {
  'dev.lading.project.created.v1': z.object({
    projectId: Id,
    path: z.string(),
    groupId: Id,
    groupPath: z.string(),
    principal: z.string(),
  }),
  /** With its repositories, each of which says so in an event of its own. */
  'dev.lading.project.deleted.v1': InProject,
  'dev.lading.project.restored.v1': InProject,
  /** Gone for good. */
  'dev.lading.project.expunged.v1': InProject.omit({ operation: true }),
  /** Hidden with all that is in it, and restorable for a time. What it holds is told of no further until then. */
  'dev.lading.repository.deleted.v1': InRepository.extend({ projectId: Id, operation: z.uuid() }),
  /** Back as it was, under `path`, which may be another one than before. */
  'dev.lading.repository.restored.v1': InRepository.extend({ projectId: Id, operation: z.uuid() }),
  /** Deleted, and not restorable any more before its time for that is over. */
  'dev.lading.repository.purged.v1': InRepository.extend({ projectId: Id, operation: z.uuid() }),
  /** Gone for good: the last event of this repository. */
  'dev.lading.repository.expunged.v1': InRepository.extend({ projectId: Id }),
  'dev.lading.blob.uploaded.v1': InRepository.extend({
    digest: Digest,
    objectId: ObjectId,
    size: Id,
    /** True when the bytes were known already and the uploaded copy is thrown away. */
    duplicate: z.boolean(),
  }),
  'dev.lading.blob.mounted.v1': InRepository.extend({
    digest: Digest,
    objectId: ObjectId,
    size: Id.optional(),
    fromRepositoryId: Id,
    fromPath: z.string().optional(),
  }),
  'dev.lading.blob.deleted.v1': InRepository.extend({
    digest: Digest,
    objectId: ObjectId,
    /** True when only deleted manifests name the blob: the link is hidden and a restore brings it back (T7). */
    hidden: z.boolean(),
    operation: z.uuid(),
  }),
  /** Its bytes are missing or wrong: every repository that links it answers as if it did not, until they are pushed again. */
  'dev.lading.blob.damaged.v1': OfObject.extend({ fault: z.enum(['missing', 'length', 'content']) }),
  /**
   * The bytes are whole again, under `objectId`: everything that named the damaged object names this one. The two are the
   * same where the damaged bytes themselves came back.
   */
  'dev.lading.blob.healed.v1': OfObject.extend({ damagedObjectId: ObjectId }),
  'dev.lading.blob.unlinked.v1': InRepository.extend({ digest: Digest, objectId: ObjectId }),
  'dev.lading.blob.pulled.v1': Pulls,
  'dev.lading.manifest.pushed.v1': InRepository.extend({
    digest: Digest,
    manifestId: Id,
    mediaType: z.string(),
    size: Id,
    subject: Digest.optional(),
    artifactType: z.string().optional(),
    edges: z.array(Edge),
    /** Those that the same push set: each has its `tag.set`, which comes next. */
    tags: z.array(z.string()).optional(),
    /** True when a deleted manifest came back under its old id (T5). */
    revived: z.boolean(),
    operation: z.uuid(),
  }),
  'dev.lading.manifest.deleted.v1': InRepository.extend({
    digest: Digest,
    manifestId: Id,
    tags: z.array(z.string()),
    reason: z.enum(['request', 'collector']),
    operation: z.uuid(),
  }),
  /** Gone for good: its references do not count any more. `deleted` comes first, and hides it. */
  'dev.lading.manifest.expunged.v1': InRepository.extend({
    digest: Digest,
    manifestId: Id,
    /** When it was deleted, itself or with its repository. Absent: the collector saw that event. */
    deletedAt: z.iso.datetime().optional(),
    /** True when it was asked for before its time: what it referred to is not kept any longer either (T4). */
    purged: z.boolean().optional(),
  }),
  'dev.lading.manifest.pulled.v1': Pulls,
  'dev.lading.tag.set.v1': InRepository.extend({
    tag: z.string(),
    digest: Digest,
    manifestId: Id,
    mediaType: z.string().optional(),
    size: Id.optional(),
    artifactType: z.string().optional(),
    previousManifestId: Id.optional(),
    operation: z.uuid(),
  }),
  'dev.lading.tag.deleted.v1': InRepository.extend({
    tag: z.string(),
    digest: Digest,
    manifestId: Id,
    operation: z.uuid(),
  }),
} as const;

export type EventType = keyof typeof EVENT_CATALOGUE;
export type EventData<T extends EventType> = z.infer<(typeof EVENT_CATALOGUE)[T]>;

export type EventRequest = z.infer<typeof Request>;

/** One event before it has a position: what happened, to what (CloudEvents `subject`), and its typed data. */
export type RegistryEvent = { [T in EventType]: { type: T; subject: string; data: EventData<T> } }[EventType];

/** Topic of everything that happens to projects and repositories. */
export const REGISTRY_TOPIC = 'lading.registry.events.v1';
