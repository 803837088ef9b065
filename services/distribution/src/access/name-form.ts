import { Denied, NameUnknown, type RepositoryName, repositoryComponents } from '@lading/oci';

/** First components that are routes of the product, or will be; `-` is no component at all. */
const RESERVED = new Set(['v2', 'api', 'token', 'jwt', 'jwks', 'livez', 'readyz', 'healthz', 'metrics']);

/**
 * Holds a name to the form of the product, `group/project[/...]`, after the caller is known and before its grant is
 * looked at. Depth is held where the project is known, in `metadata`.
 *
 * @throws NameUnknown on reads, Denied with the right form on writes.
 */
export function assertNameForm(name: RepositoryName, method: string): void {
  const components = repositoryComponents(name);
  const reserved = RESERVED.has(components[0] ?? '');
  if (components.length >= 2 && !reserved) return;
  if (method === 'GET' || method === 'HEAD') throw new NameUnknown();
  const why = reserved ? `"${components[0]}" is reserved` : 'a name has at least two components';
  throw new Denied(`${name}: ${why}; use <group>/<project>, such as team/${components.at(-1)}`);
}
