import { randomUUID } from 'node:crypto';
import type { Digest } from '@lading/oci';
import { isRepositoryName } from '@lading/oci';
import type { Scope } from '@lading/proto';
import type { AuthPort, BlobPort } from '@lading/rpc';
import type { Caller } from '../access/caller.js';
import { grantOf } from '../access/caller.js';
import { toScope } from '../access/to-scope.js';

/** What became of a mount: done, to be uploaded instead, or a better token is needed to say. */
export type MountOutcome = 'mounted' | 'upload' | 'ask';

/** Mounts a blob from a named repository, or from any that the caller may pull (T16). Never refuses: it uploads. */
export class MountBlob {
  constructor(
    private readonly blobs: BlobPort,
    private readonly auth: AuthPort,
  ) {}

  /** @param from undefined for a mount that names no source. */
  async execute(caller: Caller, scope: Scope, digest: Digest, from: string | undefined): Promise<MountOutcome> {
    if (from === undefined) return this.fromAnywhere(caller, scope, digest);
    if (!isRepositoryName(from)) return 'upload';
    if (from === scope.name) return this.mount(scope, digest, scope);
    const grant = grantOf(caller, from);
    if (!grant) return 'ask';
    return grant.actions.includes('pull') ? this.mount(scope, digest, toScope(caller, grant)) : 'upload';
  }

  private async fromAnywhere(caller: Caller, scope: Scope, digest: Digest): Promise<MountOutcome> {
    const { names } = await this.blobs.listMountSources({ scope, digest });
    if (names.length === 0) return 'upload';
    if (names.includes(scope.name)) return this.mount(scope, digest, scope);
    const { principal, credential } = caller;
    const { grants } = await this.auth.authorizePull({ principal, credential, names });
    const [grant] = grants;
    return grant ? this.mount(scope, digest, toScope(caller, grant)) : 'upload';
  }

  private async mount(scope: Scope, digest: Digest, from: Scope): Promise<MountOutcome> {
    const { mounted } = await this.blobs.mountBlob({ scope, digest, from, operationId: randomUUID() });
    return mounted ? 'mounted' : 'upload';
  }
}
