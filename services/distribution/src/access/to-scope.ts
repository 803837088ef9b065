import type { Grant, RequestContext, Scope } from '@lading/proto';
import type { Caller } from './caller.js';

/** What `metadata` is told of a repository and the caller's grant in it. */
export function toScope(caller: Caller, grant: Grant, request?: RequestContext): Scope {
  return {
    name: grant.name,
    projectId: grant.projectId,
    projectLevel: grant.projectLevel,
    groupId: grant.groupId,
    resolvedXid: grant.resolvedXid,
    principal: caller.principal,
    credential: caller.credential,
    mayPush: grant.mayPush,
    request,
  };
}
