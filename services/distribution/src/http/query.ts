import { UriTooLong } from '@lading/oci';

/** Parameters in one request. Tags of one manifest PUT are the longest list that clients send. */
export const MAX_QUERY_PARAMETERS = 200;

/**
 * The parameters of a query by form rules: `+` is a space, `%XX` is decoded, what cannot be decoded never throws.
 * `get` gives the first value of a name or null, `getAll` all of them in order.
 * @param search what follows the `?`, with or without it
 * @throws UriTooLong for more than `MAX_QUERY_PARAMETERS`
 */
export function parseQuery(search: string): URLSearchParams {
  const parameters = new URLSearchParams(search);
  if (parameters.size <= MAX_QUERY_PARAMETERS) return parameters;
  throw new UriTooLong(`a request has at most ${MAX_QUERY_PARAMETERS} query parameters`);
}
