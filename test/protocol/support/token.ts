import type { Registry } from '../../support/registry.js';

type Known = Pick<Registry, 'url' | 'user' | 'password'>;

/** A token of the administrator for these scopes. */
export async function tokenFor(registry: Known, scopes: readonly string[]): Promise<string> {
  const { status, body } = await askToken(registry, scopes, `${registry.user}:${registry.password}`);
  if (status !== 200) throw new Error(`the token endpoint answered ${status}`);
  return String(body.token);
}

/** GET of the token endpoint. @param pair `user:password`; none asks as nobody. */
export async function askToken(registry: Known, scopes: readonly string[], pair?: string) {
  const url = new URL('/token', registry.url);
  url.searchParams.set('service', 'lading');
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers = pair ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : undefined;
  const answer = await fetch(url, { headers });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
