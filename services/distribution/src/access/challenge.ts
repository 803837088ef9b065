import { isIPv6 } from 'node:net';
import { isRepositoryName } from '@lading/oci';
import type { DistributionSettings } from '../settings.js';
import type { V2Request } from '../v2/v2-request.js';
import type { Asked } from './need.js';

export type ChallengeError = 'invalid_token' | 'insufficient_scope';

const SERVICE = 'lading';

/**
 * The one `WWW-Authenticate` header of a 401 (AUTH-01, AUTH-02). No scope on `/v2/` itself, and no `error` on a first
 * request without credentials (AUTH-08). What is no name is not repeated: it may hold quotes and line ends.
 */
export function challenge(
  settings: DistributionSettings,
  request: Pick<V2Request, 'req' | 'client'>,
  needs: readonly Asked[],
  error?: ChallengeError,
): string {
  if (settings.challenge === 'basic') return `Basic realm="${SERVICE}"`;
  const parts = [`realm="${originOf(settings, request)}/token"`, `service="${SERVICE}"`];
  const scopes = needs.filter((need) => need === 'catalog' || isRepositoryName(need.name)).map(scopeText);
  if (scopes.length > 0) parts.push(`scope="${scopes.join(' ')}"`);
  if (error) parts.push(`error="${error}"`);
  return `Bearer ${parts.join(',')}`;
}

function scopeText(need: Asked): string {
  return need === 'catalog' ? 'registry:catalog:*' : `repository:${need.name}:${need.actions.join(',')}`;
}

/**
 * Where clients reach the registry: the public URL, else the address by which this client reached it, which the
 * configuration allows on loopback only. Never a path: clients look for `/v2/` at the root of a host, so there can be none in
 * front of `/token`.
 */
export function originOf(
  { publicUrl }: DistributionSettings,
  { client, req }: Pick<V2Request, 'req' | 'client'>,
): string {
  if (publicUrl) return publicUrl;
  const { localAddress = '127.0.0.1', localPort } = req.socket;
  const own = `${isIPv6(localAddress) ? `[${localAddress}]` : localAddress}:${localPort}`;
  return `${client.scheme}://${client.host ?? own}`;
}
