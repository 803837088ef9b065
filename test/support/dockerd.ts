import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientHome } from './client-home.js';
import { withOwnMounts } from './own-mounts.js';
import { run } from './run.js';
import { removeScratch, scratch } from './scratch.js';
import { ServerProcess } from './server-process.js';

export interface Dockerd {
  /** A home whose `docker` speaks to this engine. */
  home(): ClientHome;
  stop(): Promise<void>;
}

/**
 * A Docker Engine of its own: data, sockets and pid below a scratch folder, no bridge and no firewall rules, so that
 * nothing of this machine changes. It speaks plain HTTP to 127.0.0.0/8. Needs root.
 *
 * @param flags more flags of the engine, such as `--registry-mirror`
 */
export async function startDockerd(...flags: string[]): Promise<Dockerd> {
  const dir = scratch();
  const at = (name: string) => join(dir, name);
  const socket = `unix://${at('docker.sock')}`;
  writeFileSync(at('daemon.json'), '{}');
  const paths = ['--data-root', at('d'), '--exec-root', at('x'), '--pidfile', at('pid'), '-H', socket];
  const network = ['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--bridge=none'];
  const rest = ['--userland-proxy=false', '--storage-driver=overlay2', '--insecure-registry', '127.0.0.0/8'];
  const command = ['/usr/sbin/dockerd', '--config-file', at('daemon.json'), ...paths, ...network, ...rest, ...flags];
  const server = new ServerProcess('dockerd', withOwnMounts(command), { PATH: process.env.PATH, HOME: dir });
  const home = () => new ClientHome({ DOCKER_HOST: socket });
  const probe = home();
  await server.start(async () => {
    const { code } = await run([DOCKER, 'version'], { env: probe.env });
    return code === 0 ? true : undefined;
  });
  return {
    home,
    async stop() {
      await server.stop();
      removeScratch(dir);
    },
  };
}

/** Debian's command line, which fits Debian's engine, wherever another one stands on the PATH. */
export const DOCKER = '/usr/bin/docker';
