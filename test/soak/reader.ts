import { digestOf } from '../support/digest.js';
import type { Caller } from './caller.js';
import { ACCEPT } from './content.js';
import { GONE } from './repository-log.js';

interface Descriptor {
  digest: string;
}

interface Manifest {
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

/** Pulls as clients do, and looks at every byte. */
export class Reader {
  constructor(private readonly caller: Caller) {}

  /**
   * What a tag or digest shows, with all that it names.
   *
   * @param mayGo whether somebody may delete it meanwhile; then it may lose what it names a window later
   * @returns its digest, or `GONE`
   * @throws an error when the manifest is shown without something that it names
   */
  async pull(repository: string, reference: string, mayGo = false): Promise<string> {
    const begun = performance.now();
    const answer = await this.caller.ask([200, 404], 'GET', `/v2/${repository}/manifests/${reference}`, {
      headers: { accept: ACCEPT },
    });
    if (answer.status === 404) return GONE;
    const digest = digestOf(answer.body);
    if (reference.includes(':') && digest !== reference)
      throw new Error(`${reference} came with the bytes of ${digest}`);
    const { config, layers = [], manifests = [] } = JSON.parse(answer.body.toString()) as Manifest;
    const missing: string[] = [];
    for (const { digest: child } of manifests)
      if ((await this.pull(repository, child, mayGo)) === GONE) missing.push(`manifest ${child}`);
    for (const { digest: blob } of config ? [config, ...layers] : [])
      if (!(await this.hasBlob(repository, blob))) missing.push(`blob ${blob}`);
    if (missing.length > 0 && !(mayGo && performance.now() - begun > this.keptMs))
      throw new Error(`${repository} ${reference} is shown without ${missing.join(', ')}`);
    return digest;
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const answer = await this.caller.ask([200, 404], 'GET', `/v2/${repository}/blobs/${digest}`);
    if (answer.status === 404) return false;
    const found = digestOf(answer.body);
    if (found !== digest) throw new Error(`blob ${digest} came with the bytes of ${found}`);
    return true;
  }

  /** Digests of what is listed as referring to a manifest. */
  async referrers(repository: string, digest: string): Promise<string[]> {
    const { body } = await this.caller.ask([200], 'GET', `/v2/${repository}/referrers/${digest}`);
    return (JSON.parse(body.toString()) as { manifests: Descriptor[] }).manifests.map((each) => each.digest);
  }

  /** How long what a manifest names stays at least, from a moment at which it was shown. */
  private get keptMs(): number {
    return Math.min(this.caller.clocks.window, this.caller.clocks.untagged);
  }
}
