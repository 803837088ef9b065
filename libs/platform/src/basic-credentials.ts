/** What an `Authorization` header of a token request says. */
export type BasicCredentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'pair'; readonly username: string; readonly password: string };

/**
 * Reads RFC 7617 in UTF-8. No header, and an empty name with an empty password (`Og==`, which clients without
 * credentials send), are anonymous; anything else that is no pair is malformed, and must not pass for anonymous.
 */
export function parseBasic(header: string | undefined): BasicCredentials {
  if (header === undefined) return { kind: 'anonymous' };
  const encoded = /^\s*basic +([a-z0-9+/_-]*={0,2})\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return { kind: 'malformed' };
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (pair === ':') return { kind: 'anonymous' };
  if (colon <= 0) return { kind: 'malformed' };
  return { kind: 'pair', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
