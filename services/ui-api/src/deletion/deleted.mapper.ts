import { type Deleted, DeletedKind } from '@lading/proto';

const KINDS = new Map([
  [DeletedKind.DELETED_KIND_TAG, 'tag'],
  [DeletedKind.DELETED_KIND_MANIFEST, 'manifest'],
  [DeletedKind.DELETED_KIND_REPOSITORY, 'repository'],
  [DeletedKind.DELETED_KIND_PROJECT, 'project'],
]);

/** One thing that can be restored, as the API shows it. */
export function deletedOf({ kind, name, id, tag, digest, operation, principal, reason, ...times }: Deleted): object {
  return {
    kind: KINDS.get(kind),
    ...{ name, id, tag, digest, operation, principal, reason },
    deleted_at: new Date(times.deletedAtMs).toISOString(),
    restorable_until: new Date(times.untilMs).toISOString(),
  };
}
