import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmountBelow } from './mounts.js';
import { run } from './run.js';
import { scratch } from './scratch.js';
import { ServerProcess } from './server-process.js';

export interface Containerd {
  /** The words of a `ctr` command for this daemon. */
  ctr(...args: string[]): string[];
  stop(): Promise<void>;
}

/** A containerd of its own, with everything it writes below a scratch folder. Needs root. */
export async function startContainerd(): Promise<Containerd> {
  const dir = scratch();
  const config = join(dir, 'config.toml');
  const socket = join(dir, 'sock');
  mkdirSync(join(dir, 'root'));
  writeFileSync(
    config,
    [
      'version = 2',
      `root = "${dir}/root"`,
      `state = "${dir}/state"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `  address = "${socket}"`,
      '',
    ].join('\n'),
  );
  const env = { PATH: process.env.PATH!, HOME: dir };
  const server = new ServerProcess('containerd', ['/usr/bin/containerd', '--config', config], env);
  await server.start(async () => {
    const { code } = await run(['ctr', '-a', socket, 'version'], { env });
    return code === 0 ? true : undefined;
  });
  return {
    ctr: (...args) => ['ctr', '-a', socket, ...args],
    async stop() {
      await server.stop();
      await unmountBelow(dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
