import { randomUUID } from 'node:crypto';
import {
  BlobController,
  CollectionController,
  claimObjects,
  condemnObjects,
  DeletionController,
  expungeManifests,
  type Judgement,
  ManifestController,
  markDamaged,
  type RegistryPools,
  RuleController,
  UploadController,
} from '@lading/metadata';
import { Outcome, type PutManifestRequest, type Scope } from '@lading/proto';
import { collectSome, removeSomeLinks } from './collector.js';
import type { Actor } from './lane.js';
import { PRINCIPAL, SETTINGS } from './registry.js';

// The use cases of `metadata` as sides of a meeting. Each picks what it works on out of the scene. Those that lock, check
// and write have three stops: between their write and their commit the other side finds what it finds before the write.

const EVENTS = 'append-repository-events';

type Pick<Scene, T> = (scene: Scene) => T;

/** PUT of a manifest; `stops` leaves out what cannot matter in a meeting, because each stop multiplies the orders. */
export function pushes<S>(pick: Pick<S, PutManifestRequest>, stops: readonly string[]): Actor<S> {
  return {
    stops: [...stops, EVENTS],
    run: (pools, scene) => new ManifestController(pools, SETTINGS).putManifest(pick(scene)),
  };
}

export const PUSH_OF_BLOBS = ['share-live-objects', 'share-visible-links', 'insert-manifest'];
export const PUSH_OF_MANIFESTS = ['share-live-manifests', 'insert-manifest'];
export const PUSH_THAT_REVIVES = ['share-live-manifests', 'hidden-by-collector', 'insert-manifest'];
export const PUSH_OF_KNOWN = ['share-live-manifests', 'lock-manifest-to-push', 'set-tags'];
export const PUSH_UNDER_RULES = ['note-operation-under-rules', 'lock-manifest-to-push', 'set-tags'];

export function deletesManifest<S>(pick: Pick<S, { scope: Scope; digest: string }>): Actor<S> {
  return {
    stops: ['lock-manifest-to-delete', 'live-parents', 'tombstone-manifest'],
    run: (pools, scene) =>
      new ManifestController(pools, SETTINGS).deleteManifest({ ...pick(scene), operationId: randomUUID() }),
  };
}

export function deletesBlob<S>(pick: Pick<S, { scope: Scope; digest: string }>): Actor<S> {
  return {
    stops: ['lock-link-to-delete', 'manifests-that-name-blob', 'delete-link'],
    run: (pools, scene) =>
      new BlobController(pools, SETTINGS).deleteBlob({ ...pick(scene), operationId: randomUUID() }),
  };
}

export function mounts<S>(pick: Pick<S, { scope: Scope; from: Scope; digest: string }>): Actor<S> {
  return {
    stops: ['find-mount-source', 'share-live-object', 'lock-mount-link', 'link-mounted'],
    run: (pools, scene) => new BlobController(pools, SETTINGS).mountBlob(pick(scene)),
    say: (value) => ((value as { mounted: boolean }).mounted ? 'mounted' : 'not mounted'),
  };
}

export function keeps<S>(pick: Pick<S, { scope: Scope; digest: string }>): Actor<S> {
  return {
    stops: ['lock-object-to-keep', 'renew-lease'],
    run: (pools, scene) => new BlobController(pools, SETTINGS).keepBlob(pick(scene)),
    say: (value) => ((value as { blob?: object }).blob ? 'kept' : 'unknown'),
  };
}

export function finishes<S>(pick: Pick<S, { scope: Scope; uploadId: string; digest: string }>): Actor<S> {
  return {
    stops: ['lock-current-object', 'settle-and-link', EVENTS],
    run: (pools, scene) => new UploadController(pools, SETTINGS).finishUpload({ ...pick(scene), epoch: 0, size: 10 }),
  };
}

/** An upload that ends with the bytes of a damaged object. */
export function heals<S extends { heal: { scope: Scope; uploadId: string; digest: string } }>(): Actor<S> {
  return {
    stops: ['retire-damaged', 'lock-links-of-damaged', 'repoint-references', 'settle-and-link'],
    run: (pools, { heal }) => new UploadController(pools, SETTINGS).finishUpload({ ...heal, epoch: 0, size: 10 }),
    say: () => 'healed',
  };
}

export function findsDamaged<S>(pick: Pick<S, string>): Actor<S> {
  return {
    stops: ['mark-damaged', 'append-store-event'],
    run: (pools, scene) => markDamaged(pools, pick(scene), 'content'),
    say: (marked) => (marked ? 'marked' : 'not marked'),
  };
}

export function removesLinks<S>(): Actor<S> {
  return {
    stops: ['lock-lapsed-links', 'links-without-manifests', 'delete-links'],
    run: (pools) => removeSomeLinks(pools, 500),
    say: (count) => `${count} removed`,
  };
}

export function collects<S>(): Actor<S> {
  return {
    stops: ['lock-untagged', 'untagged-without-names', 'tombstone-manifest'],
    run: (pools) => collectSome(pools, 500),
    say: (count) => `${count} collected`,
  };
}

export function condemns<S>(pick: Pick<S, string>): Actor<S> {
  return {
    stops: ['condemn-lock', 'condemn-check', 'condemn-write'],
    run: (pools: RegistryPools, scene) => condemnObjects(pools, [pick(scene)], 0),
    say: (value) => ((value as Judgement<string>[])[0]?.outcome === 'done' ? 'condemned' : 'spared'),
  };
}

export function claims<S>(): Actor<S> {
  return {
    stops: ['claim-lock', 'claim-check', 'claim-links', 'claim-write'],
    run: (pools) => claimObjects(pools, 500),
    say: (count) => `${count} claimed`,
  };
}

/** Of a manifest that may be expunged at once. */
export function expunges<S>(pick: Pick<S, number>): Actor<S> {
  return {
    stops: ['expunge-lock-links', 'expunge-lock', 'expunge-check', 'expunge-write'],
    run: (pools, scene) => expungeManifests(pools, [pick(scene)], { restoreWindowMs: 0, leaseMs: 0 }),
    say: (value) => ((value as Judgement<number>[])[0]?.outcome === 'done' ? 'expunged' : 'spared'),
  };
}

export function restores<S>(pick: Pick<S, { scope: Scope; digest: string }>): Actor<S> {
  return {
    stops: ['share-objects-to-restore', 'lock-to-restore', 'restore-manifests', 'put-tags-back'],
    run: (pools, scene) => {
      const request = { ...pick(scene), operationId: randomUUID(), withoutTags: false };
      return new ManifestController(pools, SETTINGS).restoreManifest(request);
    },
    say: () => 'restored',
  };
}

export function deletesTag<S>(pick: Pick<S, { scope: Scope; tag: string }>): Actor<S> {
  return {
    stops: ['note-operation-under-rules', 'delete-tag', EVENTS],
    run: (pools, scene) =>
      new ManifestController(pools, SETTINGS).deleteTag({ ...pick(scene), operationId: randomUUID() }),
  };
}

/** Puts a rule, and then says which manifest the tag names. */
export function makesImmutable<S>(
  pick: Pick<S, { scope: Scope; tag: string; names: Record<string, string> }>,
): Actor<S> {
  return {
    stops: ['lock-project-rules', 'write-project-rules', 'commit'],
    run: async (pools, scene) => {
      const { scope, tag, names } = pick(scene);
      const rules = { projectId: scope.projectId as number, version: 0, tagRules: [{ id: 0, pattern: `^${tag}$` }] };
      await new RuleController(pools).putProjectRules({ rules, operationId: randomUUID(), principal: scope.principal });
      const { manifest } = await new ManifestController(pools, SETTINGS).findManifest({ scope, tag });
      return manifest ? names[manifest.digest] : 'nothing';
    },
    say: (value) => `holds ${value}`,
  };
}

/** Of a repository by its name now. */
export function deletesRepository<S>(pick: Pick<S, Scope>): Actor<S> {
  return {
    stops: [EVENTS, 'delete-repository'],
    run: (pools, scene) =>
      new DeletionController(pools, SETTINGS).deleteRepository({ scope: pick(scene), operationId: randomUUID() }),
    say: () => 'deleted',
  };
}

export function restoresRepository<S>(pick: Pick<S, string>): Actor<S> {
  return {
    stops: ['share-project-to-restore-in', 'lock-deleted-repository', 'restore-repository', EVENTS],
    run: (pools, scene) => {
      const request = { name: pick(scene), principal: PRINCIPAL, operationId: randomUUID() };
      return new DeletionController(pools, SETTINGS).restoreRepository(request);
    },
    say: () => 'restored',
  };
}

export function deletesProject<S>(pick: Pick<S, string>): Actor<S> {
  return {
    stops: ['lock-project-to-delete', 'lock-repositories-to-delete', 'delete-project'],
    run: (pools, scene) => {
      const request = { path: pick(scene), principal: PRINCIPAL, operationId: randomUUID() };
      return new DeletionController(pools, SETTINGS).deleteProject(request);
    },
    say: (value) => `deleted with ${(value as { repositories: number }).repositories}`,
  };
}

/** Of a repository that may go at once. */
export function dropsRepository<S>(pick: Pick<S, number>): Actor<S> {
  return {
    stops: ['drop-lock-repository', 'drop-mark', 'drop-lock-row', 'drop-check', EVENTS],
    run: (pools, scene) =>
      new CollectionController(pools, { ...SETTINGS, restoreWindowMs: 0, leaseMs: 0 }).dropRepositories({
        repositoryIds: [pick(scene)],
      }),
    say: (value) => {
      const [judgement] = (value as { judgements: { outcome: Outcome }[] }).judgements;
      return judgement?.outcome === Outcome.OUTCOME_DONE ? 'dropped' : 'spared';
    },
  };
}

export function restoresTag<S>(pick: Pick<S, { scope: Scope; tag: string }>): Actor<S> {
  return {
    stops: ['find-tag-change', 'lock-manifest-to-tag', 'lock-to-restore', 'put-tag-back', 'move-tag-back', EVENTS],
    run: (pools, scene) =>
      new DeletionController(pools, SETTINGS).restoreTag({ ...pick(scene), operationId: randomUUID() }),
    say: () => 'restored',
  };
}
