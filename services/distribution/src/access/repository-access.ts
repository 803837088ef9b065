import { NameUnknown, parseRepositoryName, type RepositoryName } from '@lading/oci';
import type { Scope } from '@lading/proto';
import type { V2Request } from '../v2/v2-request.js';
import { Access } from './access.js';
import type { Caller } from './caller.js';
import { assertNameForm } from './name-form.js';
import type { Need } from './need.js';

export type Action = 'pull' | 'push' | 'delete';

/** A request that may go on: where, and as whom. */
export interface Admitted {
  name: RepositoryName;
  caller: Caller;
  scope: Scope;
}

/** What a client asks for to be allowed an action. */
const ASKED: Record<Action, readonly string[]> = { pull: ['pull'], push: ['pull', 'push'], delete: ['delete'] };

/**
 * Admits a request to the repository in its path: who asks, then the form of the name, then the grant.
 *
 * @param also more scopes to ask for with the same token (the source of a mount).
 * @throws Challenged, NameInvalid, NameUnknown, Denied
 */
export async function admit(
  access: Access,
  request: V2Request,
  action: Action,
  also: readonly Need[] = [],
): Promise<Admitted> {
  const written = 'name' in request.path ? request.path.name : '';
  const caller = await access.identify(request, [{ name: written, actions: ASKED[action] }, ...also]);
  if (written === '') throw new NameUnknown();
  const name = parseRepositoryName(written);
  assertNameForm(name, request.method);
  const scope = access.scopeOf(request, caller, { name, actions: ASKED[action] });
  return { name, caller, scope };
}
