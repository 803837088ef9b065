import type { ScopeRequest } from '@lading/proto';

// token specification, "Docker Registry v2 authentication: scope":
// resourcescope := resourcetype ":" resourcename ":" action [ "," action ]*, resourcetype with an optional "(class)".
// The name may hold colons (a host's port), so the type ends at the first and the actions begin after the last.

/** Characters of a type and a name; longer scopes are nobody's. */
const MAX_TEXT = 512;
/** Actions that one resource may have, in one scope or several; the rest are left out. */
const MAX_ACTIONS = 16;

/**
 * The scopes that were asked for, of every `scope` parameter and of every part between spaces. What is no scope at all
 * is left out; one that names the same resource again adds its actions to the first.
 */
export function parseScopes(parameters: readonly string[]): ScopeRequest[] {
  const byResource = new Map<string, ScopeRequest>();
  for (const text of scopeTexts(parameters)) {
    const scope = parseScope(text);
    if (scope === undefined) continue;
    const key = `${scope.type}:${scope.name}`;
    const actions = new Set([...(byResource.get(key)?.actions ?? []), ...scope.actions]);
    byResource.set(key, { ...scope, actions: [...actions].slice(0, MAX_ACTIONS) });
  }
  return [...byResource.values()];
}

/** Every scope as it was written. */
export function scopeTexts(parameters: readonly string[]): string[] {
  return parameters.flatMap((parameter) => parameter.split(/\s+/)).filter((text) => text !== '');
}

function parseScope(text: string): ScopeRequest | undefined {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first <= 0 || last <= first + 1 || last > MAX_TEXT) return undefined;
  const actions = text
    .slice(last + 1)
    .split(',')
    .filter((action) => /^[a-z*]{1,32}$/.test(action));
  // A class says what kind of repository it is ("plugin"), and does not make it another one.
  const [type] = text.slice(0, first).split('(');
  if (!type) return undefined;
  return { type, name: text.slice(first + 1, last), actions: [...new Set(actions)].slice(0, MAX_ACTIONS) };
}

/** A scope as text again: `repository:a/b:pull,push`. */
export function formatScope({ type, name, actions }: ScopeRequest): string {
  return `${type}:${name}:${actions.join(',')}`;
}
