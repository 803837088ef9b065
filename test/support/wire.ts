import { readFileSync } from 'node:fs';
import { type Contents, collect } from './contents.js';
import { digestOf } from './digest.js';
import { blobFile, type Descriptor, topOf } from './oci-layout.js';
import type { Registry } from './registry.js';

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** Plain HTTP to a registry as its admin: what a test uses to see for itself what a client's command did. */
export class Wire {
  constructor(private readonly registry: Pick<Registry, 'url' | 'user' | 'password'>) {}

  /** Any request below `/v2/`, whatever the answer. */
  request(path: string, init: RequestInit = {}): Promise<Response> {
    const pair = Buffer.from(`${this.registry.user}:${this.registry.password}`).toString('base64');
    const headers = { authorization: `Basic ${pair}`, ...init.headers };
    return fetch(new URL(path, this.registry.url), { ...init, headers });
  }

  /** Status of a manifest by tag or digest: 200 where it is, 404 where it is not. */
  async manifestStatus(repository: string, reference: string): Promise<number> {
    const answer = await this.request(`/v2/${repository}/manifests/${reference}`, { headers: { accept: ACCEPT } });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** A manifest as it is stored, and the type it is served as. Throws where it is not there. */
  async manifest(repository: string, reference: string): Promise<{ mediaType: string; bytes: Buffer }> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const answer = await this.expect(200, path, { headers: { accept: ACCEPT } });
    return { mediaType: answer.headers.get('content-type')!, bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  /** Downloads everything below a tag or digest and compares each piece with its digest. */
  async contents(repository: string, reference: string): Promise<Contents> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const answer = await this.expect(200, path, { headers: { accept: ACCEPT } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const digest = answer.headers.get('docker-content-digest') ?? digestOf(bytes);
    return collect({ mediaType: '', digest, size: bytes.length }, (child, isManifest) =>
      this.bytes(repository, child, isManifest),
    );
  }

  /** The tags of a repository, in the order of the list. */
  async tags(repository: string): Promise<string[]> {
    const answer = await this.expect(200, `/v2/${repository}/tags/list`, {});
    return ((await answer.json()) as { tags: string[] }).tags;
  }

  /** What refers to a digest, as the registry lists it. */
  async referrers(repository: string, digest: string): Promise<Descriptor[]> {
    const answer = await this.expect(200, `/v2/${repository}/referrers/${digest}`, {});
    return ((await answer.json()) as { manifests: Descriptor[] }).manifests;
  }

  /** Everything below a tag or digest, and everything that refers to it and to what it holds, however deep. */
  async closure(repository: string, reference: string): Promise<Contents> {
    const found = await this.contents(repository, reference);
    for (const digest of [...found.keys()])
      for (const referrer of await this.referrers(repository, digest))
        for (const [name, bytes] of await this.closure(repository, referrer.digest)) found.set(name, bytes);
    return found;
  }

  /** Pushes a layout: blobs by POST and PUT, then manifests, children first, the last one under `tag`. */
  async push(dir: string, repository: string, tag: string): Promise<void> {
    const top = topOf(dir);
    const manifests: Descriptor[] = [];
    await collect(top, async (descriptor, isManifest) => {
      const bytes = readFileSync(blobFile(dir, descriptor.digest));
      if (isManifest) manifests.unshift(descriptor);
      else await this.putBlob(repository, descriptor.digest, bytes);
      return bytes;
    });
    for (const { digest, mediaType } of manifests) {
      const path = `/v2/${repository}/manifests/${digest === top.digest ? tag : digest}`;
      const body = readFileSync(blobFile(dir, digest));
      await this.expect(201, path, { method: 'PUT', headers: { 'content-type': mediaType }, body });
    }
  }

  private async bytes(repository: string, { digest }: Descriptor, isManifest: boolean): Promise<Buffer> {
    const path = `/v2/${repository}/${isManifest ? 'manifests' : 'blobs'}/${digest}`;
    const answer = await this.expect(200, path, { headers: isManifest ? { accept: ACCEPT } : {} });
    return Buffer.from(await answer.arrayBuffer());
  }

  private async putBlob(repository: string, digest: string, body: Buffer): Promise<void> {
    const opened = await this.expect(202, `/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    const location = new URL(opened.headers.get('location')!, this.registry.url);
    location.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await this.expect(201, location.href, { method: 'PUT', headers, body });
  }

  private async expect(status: number, path: string, init: RequestInit): Promise<Response> {
    const answer = await this.request(path, init);
    if (answer.status === status) return answer;
    throw new Error(`${init.method ?? 'GET'} ${path}: ${answer.status}, not ${status}\n${await answer.text()}`);
  }
}
