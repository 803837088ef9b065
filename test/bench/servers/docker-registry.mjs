import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The server, and with other words its collector. */
export const DOCKER_REGISTRY = '/usr/bin/docker-registry';

/** @type {import('./target.mjs').Launcher} */
export const dockerRegistry = {
  kind: 'docker-registry',
  description:
    'Debian docker-registry (CNCF distribution 2.8.2): filesystem driver, deletes allowed, in-memory blob' +
    ' descriptors, no authentication, access log off, log level error.',
  durable: false,
  leftOut: ['events'],
  missing: () =>
    existsSync(DOCKER_REGISTRY) ? undefined : `${DOCKER_REGISTRY} is not there: apt-get install docker-registry`,
  prepare(dir, port) {
    const data = join(dir, 'data');
    mkdirSync(data, { recursive: true });
    const file = join(dir, 'registry.yml');
    writeFileSync(
      file,
      [
        'version: 0.1',
        'log: {level: error, accesslog: {disabled: true}}',
        `storage: {filesystem: {rootdirectory: ${JSON.stringify(data)}}, delete: {enabled: true}, cache: {blobdescriptor: inmemory}, maintenance: {uploadpurging: {enabled: false}}}`,
        `http: {addr: "127.0.0.1:${port}", secret: not-a-secret}`,
        '',
      ].join('\n'),
    );
    return { command: DOCKER_REGISTRY, args: ['serve', file], env: process.env };
  },
};
