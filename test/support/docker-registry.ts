import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { removeScratch, scratch } from './scratch.js';
import { ServerProcess } from './server-process.js';

export interface DockerRegistry {
  url: string;
  /** `127.0.0.1:<port>`. */
  host: string;
  stop(): Promise<void>;
}

/** Debian's docker-registry, open to all on loopback: a registry of an earlier time, without the list of referrers. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const dir = scratch();
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(dir, 'config.yml');
  mkdirSync(join(dir, 'data'));
  writeFileSync(
    config,
    [
      'version: 0.1',
      `storage: {filesystem: {rootdirectory: ${dir}/data}, delete: {enabled: true}}`,
      `http: {addr: "${host}", secret: not-a-secret}`,
      '',
    ].join('\n'),
  );
  const url = `http://${host}`;
  const server = new ServerProcess('docker-registry', ['/usr/bin/docker-registry', 'serve', config], { HOME: dir });
  await server.start(() =>
    fetch(`${url}/v2/`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    ),
  );
  return {
    url,
    host,
    async stop() {
      await server.stop();
      removeScratch(dir);
    },
  };
}
