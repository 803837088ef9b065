import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contents, collect } from './contents.js';
import { topOf } from './oci-layout.js';
import { withOwnMounts } from './own-mounts.js';
import { tool } from './paths.js';
import { run } from './run.js';
import { removeScratch, scratch } from './scratch.js';
import { ServerProcess } from './server-process.js';

export interface Containerd {
  /** The words of a `ctr` command for this daemon. */
  ctr(...args: string[]): string[];
  /** What its content store has of everything below the top of a layout. Throws where a piece is missing or other. */
  stored(layout: string): Promise<Contents>;
  stop(): Promise<void>;
}

const CONTENT = 'root/io.containerd.content.v1.content/blobs';

/** Which containerd, and what its configuration says beyond where its data is: keys of the top, and tables. */
interface Build {
  daemon: string;
  ctr: string;
  keys: string[];
  tables: string[];
}

/** Debian's. */
const CONTAINERD_1: Build = {
  daemon: '/usr/bin/containerd',
  ctr: '/usr/bin/ctr',
  keys: ['version = 2', 'disabled_plugins = ["io.containerd.grpc.v1.cri"]'],
  tables: [],
};

/** The one that `test/tools/install.sh --all` builds. @param transfer settings of its transfer service, as TOML */
export function containerd2(transfer: string[] = []): Build {
  const cri = ['cri.v1.images', 'cri.v1.runtime', 'grpc.v1.cri'].map((name) => `"io.containerd.${name}"`);
  return {
    daemon: tool('containerd-2'),
    ctr: tool('ctr-2'),
    keys: ['version = 3', `disabled_plugins = [${cri.join(', ')}]`],
    tables: ['[plugins."io.containerd.transfer.v1.local"]', ...transfer],
  };
}

/** A containerd of its own, with everything it writes below a scratch folder. Needs root. */
export async function startContainerd({ daemon, ctr, keys, tables }: Build = CONTAINERD_1): Promise<Containerd> {
  const dir = scratch();
  const config = join(dir, 'config.toml');
  const socket = join(dir, 'sock');
  mkdirSync(join(dir, 'root'));
  writeFileSync(
    config,
    [
      ...keys,
      `root = "${dir}/root"`,
      `state = "${dir}/state"`,
      '[grpc]',
      `  address = "${socket}"`,
      ...tables,
      '',
    ].join('\n'),
  );
  const env = { PATH: process.env.PATH!, HOME: dir };
  const server = new ServerProcess('containerd', withOwnMounts([daemon, '--config', config]), env);
  await server.start(async () => {
    const { code } = await run([ctr, '-a', socket, 'version'], { env });
    return code === 0 ? true : undefined;
  });
  return {
    ctr: (...args) => [ctr, '-a', socket, ...args],
    stored: (layout) =>
      collect(topOf(layout), ({ digest }) =>
        Promise.resolve(readFileSync(join(dir, CONTENT, digest.replace(':', '/')))),
      ),
    async stop() {
      await server.stop();
      removeScratch(dir);
    },
  };
}
