import { uuidV7 } from '@lading/platform';
import type { DeletionPort, ManifestPort } from '@lading/rpc';
import type { Caller } from '../access/caller.js';
import type { Scopes } from '../access/scopes.js';
import type { Undeletion } from './deletion.schema.js';

/** What came back, and where it is. */
export interface Undeleted {
  readonly kind: Undeletion['kind'];
  readonly name: string;
  readonly digest?: string;
  /** Those that name the manifest again; the one tag. */
  readonly tags?: readonly string[];
  readonly id?: number;
  /** That came back with a project. */
  readonly repositories?: number;
}

/** Brings back what was deleted, of any kind. */
export class Undelete {
  constructor(
    private readonly deletions: DeletionPort,
    private readonly manifests: ManifestPort,
    private readonly scopes: Scopes,
  ) {}

  /** @throws OciError of `metadata`: nothing of the name was deleted, its time is over, its name is taken. */
  async execute(what: Undeletion, caller: Caller): Promise<Undeleted> {
    const { kind, name } = what;
    const operationId = uuidV7();
    const { principal } = caller;
    switch (what.kind) {
      case 'tag': {
        const { tag, operation, as } = what;
        const scope = await this.scopes.of(name, caller);
        const { digest } = await this.deletions.restoreTag({ scope, tag, operation, as, operationId });
        return { kind, name, digest, tags: [as ?? tag] };
      }
      case 'manifest': {
        const { digest, without_tags: withoutTags } = what;
        const scope = await this.scopes.of(name, caller);
        const { tags } = await this.manifests.restoreManifest({ scope, digest, withoutTags, operationId });
        return { kind, name, digest, tags };
      }
      case 'repository': {
        const request = { name, repositoryId: what.id, as: what.as, principal, operationId };
        const restored = await this.deletions.restoreRepository(request);
        return { kind, name: restored.name, id: restored.repositoryId };
      }
      case 'project': {
        const request = { path: name, projectId: what.id, principal, operationId };
        const { projectId, repositories } = await this.deletions.restoreProject(request);
        return { kind, name, id: projectId, repositories };
      }
    }
  }
}
