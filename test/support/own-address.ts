import { randomInt } from 'node:crypto';
import { mustRun } from './run.js';

export interface OwnAddress {
  readonly address: string;
  remove(): Promise<void>;
}

/**
 * An IPv4 address of this machine that is none of 127.0.0.0/8, out of the network that RFC 2544 keeps for tests. Clients
 * forgive much on loopback, Docker every fault of TLS; here they do not, and still nothing leaves the machine. Needs root.
 */
export async function takeOwnAddress(): Promise<OwnAddress> {
  const address = `198.18.${randomInt(256)}.${randomInt(1, 255)}`;
  const ip = (verb: string) => mustRun(['/sbin/ip', 'address', verb, `${address}/32`, 'dev', 'lo']);
  await ip('add');
  return {
    address,
    async remove() {
      await ip('del');
    },
  };
}
