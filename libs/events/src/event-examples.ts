import type { EventData, EventType } from './catalogue.js';

const COLLECTED = { repositoryId: 7, path: 'team/app', principal: 'collector' };
const PLACE = {
  ...{ repositoryId: 7, path: 'team/app', principal: 'account:1' },
  request: {
    id: '4b1f0a92c3d7-1k',
    address: '192.0.2.17',
    origin: 'https://registry.example.com',
    method: 'PUT',
    userAgent: 'docker/28.5.1 go/go1.24.8 kernel/6.8.0 os/linux arch/amd64',
    node: 'registry-7d9f:5000',
    instanceId: 'b2f5c0de-51d8-4f6d-9b0e-3f0f0a7d1c11',
  },
};
const OPERATION = '0b19725a-8812-4369-9747-e94e2a3f5650';
const PROJECT = { projectId: 3, path: 'team/app', principal: 'account:1', operation: OPERATION };
const OBJECT = '01a21313-e462-7629-8939-c1c4a8142a6a';
const NEWER_OBJECT = '01a21390-11f0-7c5e-b1a4-6f0f1d2c8e07';
const LAYER = 'sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3';
const MANIFEST = 'sha256:17c78b2cd685d1448075a52a14f6460340c67e492aeec5cc3a711c0402bb08b5';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const PULLED = { repositoryId: 7, path: 'team/app' };
const PULL = {
  principal: PLACE.principal,
  request: { ...PLACE.request, method: 'GET' },
  time: '2026-11-25T14:20:00.536Z',
};

/** Subject and data of one event of each type, as the documentation shows them. */
export const EVENT_EXAMPLES: { readonly [T in EventType]: { readonly subject: string; readonly data: EventData<T> } } =
  {
    'dev.lading.project.created.v1': {
      subject: 'team/app',
      data: { projectId: 3, path: 'team/app', groupId: 2, groupPath: 'team', principal: 'account:1' },
    },
    'dev.lading.project.deleted.v1': { subject: 'team/app', data: PROJECT },
    'dev.lading.project.restored.v1': { subject: 'team/app', data: PROJECT },
    'dev.lading.project.expunged.v1': {
      subject: 'team/app',
      data: { projectId: 3, path: 'team/app', principal: 'collector' },
    },
    'dev.lading.repository.deleted.v1': { subject: 'team/app', data: { ...PLACE, projectId: 3, operation: OPERATION } },
    'dev.lading.repository.restored.v1': {
      subject: 'team/app',
      data: { ...PLACE, projectId: 3, operation: OPERATION },
    },
    'dev.lading.repository.purged.v1': { subject: 'team/app', data: { ...PLACE, projectId: 3, operation: OPERATION } },
    'dev.lading.repository.expunged.v1': {
      subject: 'team/app',
      data: { ...PLACE, principal: 'collector', projectId: 3 },
    },
    'dev.lading.blob.uploaded.v1': {
      subject: `team/app@${LAYER}`,
      data: { ...PLACE, digest: LAYER, objectId: OBJECT, size: 3_408_729, duplicate: false },
    },
    'dev.lading.blob.mounted.v1': {
      subject: `team/app@${LAYER}`,
      data: {
        ...PLACE,
        digest: LAYER,
        objectId: OBJECT,
        size: 3_408_729,
        fromRepositoryId: 5,
        fromPath: 'team/base',
      },
    },
    'dev.lading.blob.deleted.v1': {
      subject: `team/app@${LAYER}`,
      data: { ...PLACE, digest: LAYER, objectId: OBJECT, hidden: false, operation: OPERATION },
    },
    'dev.lading.blob.damaged.v1': {
      subject: LAYER,
      data: { digest: LAYER, objectId: OBJECT, size: 3_408_729, fault: 'length' },
    },
    'dev.lading.blob.healed.v1': {
      subject: LAYER,
      data: { digest: LAYER, objectId: NEWER_OBJECT, damagedObjectId: OBJECT, size: 3_408_729 },
    },
    'dev.lading.blob.unlinked.v1': {
      subject: `team/app@${LAYER}`,
      data: { ...COLLECTED, digest: LAYER, objectId: OBJECT },
    },
    'dev.lading.blob.pulled.v1': {
      subject: 'team/app',
      data: { ...PULLED, pulls: [{ ...PULL, digest: LAYER, mediaType: 'application/octet-stream', size: 3_408_729 }] },
    },
    'dev.lading.manifest.pushed.v1': {
      subject: `team/app@${MANIFEST}`,
      data: {
        ...PLACE,
        digest: MANIFEST,
        manifestId: 12,
        mediaType: IMAGE,
        size: 424,
        edges: [{ digest: LAYER, objectId: OBJECT }],
        tags: ['latest'],
        revived: false,
        operation: OPERATION,
      },
    },
    'dev.lading.manifest.deleted.v1': {
      subject: `team/app@${MANIFEST}`,
      data: {
        ...PLACE,
        digest: MANIFEST,
        manifestId: 12,
        tags: ['v1', 'latest'],
        reason: 'request',
        operation: OPERATION,
      },
    },
    'dev.lading.manifest.expunged.v1': {
      subject: `team/app@${MANIFEST}`,
      data: { ...COLLECTED, digest: MANIFEST, manifestId: 12, deletedAt: '2026-11-24T14:20:00.536Z' },
    },
    'dev.lading.manifest.pulled.v1': {
      subject: 'team/app',
      data: {
        ...PULLED,
        pulls: [{ ...PULL, digest: MANIFEST, manifestId: 12, mediaType: IMAGE, size: 424, tag: 'v1' }],
      },
    },
    'dev.lading.tag.set.v1': {
      subject: 'team/app:latest',
      data: {
        ...PLACE,
        tag: 'latest',
        digest: MANIFEST,
        manifestId: 12,
        mediaType: IMAGE,
        size: 424,
        previousManifestId: 11,
        operation: OPERATION,
      },
    },
    'dev.lading.tag.deleted.v1': {
      subject: 'team/app:latest',
      data: { ...PLACE, tag: 'latest', digest: MANIFEST, manifestId: 12, operation: OPERATION },
    },
  };
