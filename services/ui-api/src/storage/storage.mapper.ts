import type { Amount, GetLedgerResponse, PlanProject, PlanRepository, PlanTotals, Storage } from '@lading/proto';

// What is answered of storage. Each field is named.

const amount = (given: Amount | undefined) => ({ count: given?.count ?? 0, bytes: given?.bytes ?? 0 });
const time = (ms: number) => new Date(ms).toISOString();

export function toLedger(ledger: GetLedgerResponse) {
  const { named, waiting, condemned, purging, uploading } = ledger;
  const objects = [named, waiting, condemned, purging, uploading].map(amount);
  return {
    counted: time(ledger.countedMs),
    objects: {
      named: amount(named),
      waiting: amount(waiting),
      condemned: amount(condemned),
      purging: amount(purging),
      uploading: amount(uploading),
    },
    total: {
      count: objects.reduce((sum, { count }) => sum + count, 0),
      bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    links: amount(ledger.links),
    manifests: amount(ledger.manifests),
    deletedManifests: amount(ledger.deletedManifests),
  };
}

export function toStorage(storage: Storage) {
  return {
    id: storage.id,
    path: storage.path,
    exclusive: amount(storage.exclusive),
    shared: amount(storage.shared),
    pending: amount(storage.pending),
    uploading: amount(storage.uploading),
    manifests: amount(storage.manifests),
    deletedManifests: amount(storage.deletedManifests),
  };
}

// Lines of a plan.

export function toPlanLine({ countedMs, ...totals }: PlanTotals, at: string | null) {
  return {
    kind: 'plan',
    counted: time(countedMs),
    at,
    objects: amount(totals.objects),
    shared: amount(totals.shared),
    elsewhere: amount(totals.elsewhere),
    manifests: amount(totals.manifests),
  };
}

export function toRepositoryLine({ repositoryId, projectId, path, objects, shared, manifests }: PlanRepository) {
  const amounts = { objects: amount(objects), shared: amount(shared), manifests: amount(manifests) };
  return { kind: 'repository', repositoryId, projectId, path, ...amounts };
}

export function toProjectLine({ projectId, path, objects, shared, manifests }: PlanProject) {
  const amounts = { objects: amount(objects), shared: amount(shared), manifests: amount(manifests) };
  return { kind: 'project', projectId, path, ...amounts };
}
