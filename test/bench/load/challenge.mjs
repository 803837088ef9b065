/**
 * @typedef {{scheme: 'bearer' | 'basic', realm: string, service: string | undefined}} Challenge
 */

/**
 * Reads the first challenge of `WWW-Authenticate` in the head of an answer (RFC 9110 section 11.6.1; for Bearer the
 * parameters of the distribution project's token specification).
 * @param {string} head
 * @returns {Challenge | undefined} undefined when there is none, or none we can answer
 */
export function parseChallenge(head) {
  const header = /\r\nwww-authenticate: *(bearer|basic) +([^\r]*)/i.exec(head);
  if (header === null) return undefined;
  const [, scheme, rest] = /** @type {[string, string, string]} */ (/** @type {unknown} */ (header));
  const parameter = (/** @type {string} */ name) => new RegExp(`(?:^|[ ,])${name}="([^"]*)"`, 'i').exec(rest)?.[1];
  return {
    scheme: /** @type {'bearer' | 'basic'} */ (scheme.toLowerCase()),
    realm: parameter('realm') ?? '',
    service: parameter('service'),
  };
}
