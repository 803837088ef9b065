import { createHash } from 'node:crypto';
import type { Random } from '../../support/random.js';
import type { Http } from '../http.js';

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = Buffer.from('{}');

export const REPOSITORIES = ['churn/one', 'churn/two', 'churn/two/deep', 'other/three'];
const TAGS = ['latest', 'v1', 'v2', 'v3', '__proto__', 'constructor'];

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Sets, moves and deletes a few tags, and deletes and restores a few repositories, at random, one change after another, until a connection breaks. */
export class TagChurn {
  answered = 0;
  /** Answers that the protocol does not provide for. */
  readonly faults: string[] = [];

  constructor(
    private readonly http: Http,
    private readonly random: Random,
  ) {}

  /** Resolves when it is over, or the server is gone. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const alive = await this.change().then(
        () => true,
        () => false,
      );
      if (!alive) return;
      this.answered++;
    }
  }

  private async change(): Promise<void> {
    const repository = this.random.pick(REPOSITORIES);
    const what = this.random.fraction();
    if (what < 0.62) return this.push(repository);
    if (what < 0.65) return this.deleteOrRestore(repository);
    const tag = this.random.pick(TAGS);
    if (what < 0.85) return this.send('DELETE', `${repository}/manifests/${tag}`, [202, 404]);
    await this.send('DELETE', `${repository}/manifests/${digestOf(this.manifest())}`, [202, 404]);
  }

  private async push(repository: string): Promise<void> {
    const digest = digestOf(CONFIG);
    const body = this.manifest();
    // The repository may be deleted meanwhile, by another client.
    const upload = `${repository}/blobs/uploads/?digest=${digest}`;
    await this.send('POST', upload, [201, 404], CONFIG, 'application/octet-stream');
    await this.send('PUT', `${repository}/manifests/${this.random.pick(TAGS)}`, [201, 400, 404], body, MANIFEST_TYPE);
  }

  private async deleteOrRestore(repository: string): Promise<void> {
    if (this.random.fraction() < 0.5) {
      const path = `/api/v4/registry/repositories/${encodeURIComponent(repository)}`;
      return this.ask('DELETE', path, [202, 404]);
    }
    const body = Buffer.from(JSON.stringify({ kind: 'repository', name: repository }));
    await this.ask('POST', '/api/v4/undelete', [200, 404, 409], body, 'application/json');
  }

  /** One of a few, so that tags share them, and a delete by digest takes several tags. */
  private manifest(): Buffer {
    const config = { mediaType: CONFIG_TYPE, digest: digestOf(CONFIG), size: CONFIG.length };
    const annotations = { number: String(this.random.between(1, 5)) };
    return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [], annotations }));
  }

  private send(method: string, path: string, expected: number[], body?: Buffer, type = ''): Promise<void> {
    return this.ask(method, `/v2/${path}`, expected, body, type);
  }

  private async ask(method: string, path: string, expected: number[], body?: Buffer, type = ''): Promise<void> {
    const { status } = await this.http.send(method, path, {
      headers: body ? { 'content-type': type } : {},
      body,
    });
    if (!expected.includes(status)) this.faults.push(`${method} ${path}: ${status}`);
  }
}

/** What the registry itself says: every tag of every repository, as `repository:tag`, and what it names. */
export async function tagsOf(http: Http): Promise<Record<string, string>> {
  const { repositories } = await json<{ repositories: string[] }>(http, '/v2/_catalog?n=1000');
  const found: [string, string][] = [];
  for (const repository of repositories) {
    const { tags } = await json<{ tags: string[] | null }>(http, `/v2/${repository}/tags/list?n=1000`);
    for (const tag of tags ?? []) {
      const { headers } = await http.send('HEAD', `/v2/${repository}/manifests/${tag}`, {
        headers: { accept: MANIFEST_TYPE },
      });
      found.push([`${repository}:${tag}`, String(headers['docker-content-digest'])]);
    }
  }
  return Object.fromEntries(found.sort());
}

async function json<T>(http: Http, path: string): Promise<T> {
  const { status, body } = await http.send('GET', path);
  if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
  return JSON.parse(body.toString('utf8'));
}
