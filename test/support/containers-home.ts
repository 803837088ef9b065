import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { ClientHome } from './client-home.js';
import { withOwnMounts } from './own-mounts.js';

/**
 * podman, buildah and skopeo remember for the whole machine which registry holds which blob, and then mount instead of
 * pushing. Each home gets its own memory, mounted over root's in a mount namespace that ends with the command.
 */
const OWN_CACHE = 'mount --bind "$HOME/cache" /var/lib/containers/cache';

/** Machines where root may raise no limit refuse containers the default ones, and crun refuses their cgroups. */
const CONTAINERS_CONF = (dir: string) => `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "host"
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "${dir}/libpod"
`;

const STORAGE_CONF = (dir: string) => `
[storage]
driver = "overlay"
graphroot = "${dir}/images"
runroot = "${dir}/run"
`;

/** A home for podman, buildah and skopeo, with image storage, settings and memory of its own. Needs root. */
export class ContainersHome extends ClientHome {
  /** @param plainHttp registries (`127.0.0.1:5000`) that speak HTTP; skopeo has a flag for that and does not look here */
  constructor(...plainHttp: string[]) {
    super();
    for (const folder of ['cache', 'tmp', 'libpod']) mkdirSync(this.path(folder));
    mkdirSync('/var/lib/containers/cache', { recursive: true });
    writeFileSync(this.env.REGISTRY_AUTH_FILE!, '{}'); // buildah refuses to start where the file it is told of is missing.
    this.env.TMPDIR = this.path('tmp');
    this.settings('CONTAINERS_CONF', CONTAINERS_CONF(this.dir));
    this.settings('CONTAINERS_STORAGE_CONF', STORAGE_CONF(this.dir));
    this.settings('CONTAINERS_REGISTRIES_CONF', 'unqualified-search-registries = []\n');
    for (const host of plainHttp) this.addRegistry(`location = "${host}"\ninsecure = true`);
  }

  /** Adds a `[[registry]]` table, and what belongs to it, to registries.conf. */
  addRegistry(toml: string): void {
    appendFileSync(this.env.CONTAINERS_REGISTRIES_CONF!, `[[registry]]\n${toml}\n`);
  }

  /** Lets it fetch of a zstd:chunked layer only the files that it has not. */
  pullPartially(): void {
    const options = 'pull_options = { enable_partial_images = "true", use_hard_links = "false", ostree_repos = "" }';
    appendFileSync(this.env.CONTAINERS_STORAGE_CONF!, `[storage.options]\n${options}\n`);
  }

  /** The words of a command that runs with this home's memory. */
  command(program: string, ...args: string[]): string[] {
    return withOwnMounts([program, ...args], OWN_CACHE);
  }

  private settings(variable: string, text: string): void {
    this.env[variable] = this.path(`${variable.toLowerCase()}.toml`);
    writeFileSync(this.env[variable], text);
  }
}
