import { assertLoopback } from '../load/assert-loopback.mjs';

/**
 * A registry that somebody else runs on this machine: rates and latencies only, its processes are not ours to watch.
 * @param {string} name
 * @param {string} url credentials in it are used for Basic or for the token
 * @returns {import('./target.mjs').Target}
 */
export function foreignTarget(name, url) {
  const { hostname, port, protocol, username, password } = new URL(url);
  if (protocol !== 'http:') throw new Error(`${url}: only http is measured`);
  assertLoopback(hostname);
  const credentials =
    username === '' ? undefined : { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    name,
    host: hostname,
    port: Number(port || 80),
    credentials,
    durable: true,
    stop: async () => {},
    restart: () => Promise.reject(new Error(`${name} is not ours to restart`)),
  };
}
