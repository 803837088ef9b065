/**
 * Load goes to this machine only.
 * @param {string} host
 */
export function assertLoopback(host) {
  if (!/^(127(\.\d+){3}|localhost)$/.test(host))
    throw new Error(`${host} is not this machine: load goes to 127.0.0.1 only`);
}
