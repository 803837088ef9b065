/**
 * The bytes of a request up to its body, so that a loop can send the same buffer again and again.
 * @param {object} request
 * @param {{host: string, port: number}} request.to registries repeat it in the realm of a challenge and in Location
 * @param {string} request.method
 * @param {string} request.path with its query
 * @param {string} [request.authorization] value of the header; left out when empty
 * @param {Record<string, string | number>} [request.headers]
 * @returns {Buffer}
 */
export function requestHead({ to, method, path, authorization, headers = {} }) {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${to.host}:${to.port}`];
  if (authorization) lines.push(`Authorization: ${authorization}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
