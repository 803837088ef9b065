import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientHome } from './client-home.js';
import { withOwnMounts } from './own-mounts.js';
import { tool } from './paths.js';
import { run } from './run.js';
import { removeScratch, scratch } from './scratch.js';
import { ServerProcess } from './server-process.js';

/** What a build left behind. */
export interface Built {
  /** Digest of the manifest or index, as BuildKit reckoned it before it pushed. */
  digest: string;
  /** Progress, a line for each step. */
  log: string;
}

/** A BuildKit daemon of its own, with everything it writes below a scratch folder. Needs root, and runc on the PATH. */
export class Buildkit {
  private readonly dir = scratch();
  private readonly address = `unix://${this.dir}/sock`;
  private readonly server: ServerProcess;

  /** @param plainHttp registries (`127.0.0.1:5000`) that speak HTTP */
  constructor(plainHttp: string[]) {
    const config = join(this.dir, 'buildkitd.toml');
    const lines = [
      `root = "${this.dir}/root"`,
      `[grpc]\naddress = ["${this.address}"]`,
      '[worker.oci]\nenabled = true',
      '[worker.containerd]\nenabled = false',
      ...plainHttp.map((host) => `[registry."${host}"]\nhttp = true`),
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const env = { PATH: process.env.PATH!, HOME: this.dir };
    this.server = new ServerProcess('buildkitd', withOwnMounts([tool('buildkitd'), '--config', config]), env);
  }

  async start(): Promise<void> {
    await this.server.start(async () => {
      const { code } = await run(this.buildctl('debug', 'workers'), { env: { PATH: process.env.PATH! } });
      return code === 0 ? true : undefined;
    });
  }

  buildctl(...args: string[]): string[] {
    return [tool('buildctl'), '--addr', this.address, ...args];
  }

  /** The words that build a folder with a Dockerfile in it. */
  command(context: string, ...flags: string[]): string[] {
    const local = ['--local', `context=${context}`, '--local', `dockerfile=${context}`];
    return this.buildctl('build', '--frontend', 'dockerfile.v0', '--progress', 'plain', ...local, ...flags);
  }

  /** Builds with the credentials of a home. Throws what it printed where it fails. */
  async build(home: ClientHome, context: string, ...flags: string[]): Promise<Built> {
    const file = home.path('metadata.json');
    rmSync(file, { force: true });
    const { stderr } = await home.run(this.command(context, '--metadata-file', file, ...flags));
    return { digest: JSON.parse(readFileSync(file, 'utf8'))['containerimage.digest'], log: stderr };
  }

  /** Forgets what it built and pulled. */
  async prune(): Promise<void> {
    const { code, report } = await run(this.buildctl('prune', '--all'), { env: { PATH: process.env.PATH! } });
    if (code !== 0) throw new Error(report);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    removeScratch(this.dir);
  }
}
