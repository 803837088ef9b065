import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { isRepositoryName } from '@lading/oci';
import type { DistributionSettings } from '../settings.js';

/** What a route needs: the scopes that the challenge names. */
export interface Need {
  name: string;
  actions: readonly string[];
}

export type ChallengeError = 'invalid_token' | 'insufficient_scope';

const SERVICE = 'lading';
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/**
 * The one `WWW-Authenticate` header of a 401 (AUTH-01, AUTH-02). No scope on `/v2/` itself, and no `error` on a first
 * request without credentials (AUTH-08). What is no name is not repeated: it may hold quotes and line ends.
 */
export function challenge(
  settings: DistributionSettings,
  req: IncomingMessage,
  needs: readonly (Need | 'catalog')[],
  error?: ChallengeError,
): string {
  if (settings.challenge === 'basic') return `Basic realm="${SERVICE}"`;
  const parts = [`realm="${baseUrl(settings, req)}/token"`, `service="${SERVICE}"`];
  const scopes = needs.filter((need) => need === 'catalog' || isRepositoryName(need.name)).map(scopeText);
  if (scopes.length > 0) parts.push(`scope="${scopes.join(' ')}"`);
  if (error) parts.push(`error="${error}"`);
  return `Bearer ${parts.join(',')}`;
}

function scopeText(need: Need | 'catalog'): string {
  return need === 'catalog' ? 'registry:catalog:*' : `repository:${need.name}:${need.actions.join(',')}`;
}

/** The public URL, else the request's own Host: allowed on loopback only, which the configuration checks. */
function baseUrl(settings: DistributionSettings, req: IncomingMessage): string {
  if (settings.publicUrl) return settings.publicUrl.replace(/\/+$/, '');
  const host = req.headers.host;
  if (host && host.length <= 262 && HOST.test(host)) return `http://${host}`;
  const { localAddress = '127.0.0.1', localPort } = req.socket;
  return `http://${isIPv6(localAddress) ? `[${localAddress}]` : localAddress}:${localPort}`;
}
