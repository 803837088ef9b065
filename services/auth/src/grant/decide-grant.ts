import { isRepositoryName } from '@lading/oci';
import type { Grant, ResolvedScope, ScopeRequest } from '@lading/proto';
import type { Principal } from '../account/principal.js';

// Who may do what is decided here and nowhere else: `rightsOf` gives everything that a principal may do with a thing,
// and a grant is what was asked of that. `*` asks for all of it, written out: a client that asks for `*` (skopeo
// delete) must then pass as a puller and as a deleter.

/** What can be done with a repository. */
const REPOSITORY_ACTIONS = ['pull', 'push', 'delete'];
/** What can be done with the catalog: the one action that clients ask for has this name. */
const CATALOG_ACTIONS = ['*'];

/** True when the scope names a repository whose project matters to the decision. */
export function namesRepository({ type, name }: ScopeRequest): boolean {
  return type === 'repository' && isRepositoryName(name);
}

/**
 * What the principal gets of what was asked; nothing is a grant without actions, never a missing one.
 *
 * @param place where the repository's name leads now; undefined for what is no repository and for whoever may nothing
 */
export function decideGrant(principal: Principal, asked: ScopeRequest, place: ResolvedScope | undefined): Grant {
  const rights = rightsOf(principal, asked);
  const wantsAll = asked.actions.includes('*');
  const actions = wantsAll ? rights : rights.filter((right) => asked.actions.includes(right));
  if (actions.length === 0 || place === undefined) return { ...NOWHERE, ...asked, actions: [...actions] };
  const { projectId, projectLevel, groupId, resolvedXid } = place;
  return {
    ...asked,
    actions: [...actions],
    projectId,
    projectLevel,
    groupId,
    resolvedXid,
    mayPush: rights.includes('push'),
  };
}

const NOWHERE = { projectId: undefined, projectLevel: 0, groupId: undefined, resolvedXid: 0, mayPush: false };

/** Everything that the principal may do with the thing, whatever it asked for. */
function rightsOf(principal: Principal, asked: ScopeRequest): readonly string[] {
  if (!principal.isAdmin) return [];
  if (namesRepository(asked)) return REPOSITORY_ACTIONS;
  return asked.type === 'registry' && asked.name === 'catalog' ? CATALOG_ACTIONS : [];
}
