import type { Grant } from '@lading/proto';
import { z } from 'zod';

/** `aud` of every access token, and the `service` of the challenge. */
export const TOKEN_AUDIENCE = 'lading';

/** The one algorithm that tokens are signed with; a token that names another is refused. */
export const TOKEN_ALGORITHM = 'ES256';

/** Most scopes in one token. */
export const MAX_SCOPES = 100;

/** Characters of the longest token: what is longer is not issued, so whatever was issued can be used. */
export const MAX_TOKEN_LENGTH = 32_000;

const text = z.string().max(512);
const count = z.int().nonnegative();

/** A grant as it travels: short names, and what is zero, false or absent left out. */
const grantClaim = z.object({
  type: text,
  name: text,
  actions: z.array(text).max(16),
  project: count.optional(),
  level: count.optional(),
  group: count.optional(),
  /** The transaction id of `Grant.resolved_xid`. */
  at: count.optional(),
  push: z.literal(true).optional(),
});

export type GrantClaim = z.infer<typeof grantClaim>;

/** The payload of an access token. `type`, `name` and `actions` are the token specification's, the rest is ours. */
export const accessTokenClaims = z.object({
  iss: z.string().min(1),
  aud: z.literal(TOKEN_AUDIENCE),
  /** The principal, such as `account:1`; empty: anonymous. */
  sub: text,
  /** The account or token that the grants came from; empty: none. */
  cred: text,
  jti: z.string().min(1),
  /** Seconds since 1970, as `nbf` and `exp`. */
  iat: count,
  nbf: count,
  exp: count,
  access: z.array(grantClaim).max(MAX_SCOPES),
});

export type AccessTokenClaims = z.infer<typeof accessTokenClaims>;

export function grantToClaim(grant: Grant): GrantClaim {
  return {
    type: grant.type,
    name: grant.name,
    actions: [...grant.actions],
    ...(grant.projectId !== undefined && { project: grant.projectId }),
    ...(grant.projectLevel !== 0 && { level: grant.projectLevel }),
    ...(grant.groupId !== undefined && { group: grant.groupId }),
    ...(grant.resolvedXid !== 0 && { at: grant.resolvedXid }),
    ...(grant.mayPush && { push: true as const }),
  };
}

export function claimToGrant(claim: GrantClaim): Grant {
  return {
    type: claim.type,
    name: claim.name,
    actions: [...claim.actions],
    projectId: claim.project,
    projectLevel: claim.level ?? 0,
    groupId: claim.group,
    resolvedXid: claim.at ?? 0,
    mayPush: claim.push ?? false,
  };
}
