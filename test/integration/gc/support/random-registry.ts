import { randomUUID } from 'node:crypto';
import { BLOB_START, type BlobStore, blobKey } from '@lading/blob-store';
import { digestOf, OciError } from '@lading/oci';
import type { PutManifestRequest, Scope } from '@lading/proto';
import type { Random } from '../../../support/random.js';
import { image, index } from '../../metadata/support/content.js';
import type { Registry } from '../../metadata/support/registry.js';

const NAMES = ['acme/one', 'acme/one/tools', 'acme/two', 'other/three'];
const TAGS = ['a', 'b', 'c'];
const WORDS = 12;

/** Requests at random on a few repositories and blobs, each with its bytes in the store. What is refused is passed over. */
export class RandomRegistry {
  private readonly puts: PutManifestRequest[] = [];
  /** How many requests of each kind were carried out. */
  readonly done: Record<string, number> = {};

  constructor(
    private readonly registry: Registry,
    private readonly store: BlobStore,
    private readonly random: Random,
  ) {}

  async act(): Promise<void> {
    const kinds = {
      upload: () => this.upload(),
      push: () => this.push(),
      'push of a referrer': () => this.pushReferrer(),
      'push of an index': () => this.pushIndex(),
      mount: () => this.mount(),
      'delete of a tag': () => this.deleteTag(),
      'delete of a manifest': () => this.deleteManifest(),
      'delete of a blob': () => this.deleteBlob(),
    };
    const kind = this.random.pick(Object.keys(kinds) as (keyof typeof kinds)[]);
    try {
      await kinds[kind]();
      this.done[kind] = (this.done[kind] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
    }
  }

  private scope(): Promise<Scope> {
    return this.registry.scope(this.random.pick(NAMES));
  }

  private word(): string {
    return `blob ${this.random.between(1, WORDS)}`;
  }

  private tags(): string[] {
    return this.random.between(0, 2) === 0 ? [] : [this.random.pick(TAGS)];
  }

  private async upload(scope?: Scope, word = this.word()): Promise<string> {
    const where = scope ?? (await this.scope());
    // The size is the digest's, as that of bytes is.
    const bytes = Buffer.from(word.repeat(word.length + Number(word.slice(5))));
    const [uploadId, objectId, digest] = [randomUUID(), randomUUID(), digestOf(bytes)];
    await this.registry.uploads.beginUpload({ scope: where, uploadId, objectId, algorithm: 'sha256' });
    await this.store.begin(blobKey(objectId));
    const writer = await this.store.append(blobKey(objectId), BLOB_START);
    await writer.write([bytes]);
    await this.store.commit(blobKey(objectId), await writer.seal());
    const size = bytes.length;
    await this.registry.uploads.finishUpload({ scope: where, uploadId, epoch: 0, digest, size });
    return digest;
  }

  private async put(put: PutManifestRequest): Promise<void> {
    await this.registry.manifests.putManifest(put);
    this.puts.push(put);
  }

  private async push(): Promise<void> {
    const scope = await this.scope();
    const words = Array.from({ length: this.random.between(1, 3) }, () => this.word());
    const blobs: string[] = [];
    for (const word of new Set(words)) blobs.push(await this.upload(scope, word));
    // The same body again at times: it revives what was deleted.
    const body = Buffer.from(`image ${this.random.between(1, 12)} of ${[...new Set(words)].sort()}`);
    await this.put(image(scope, blobs, { body, tags: this.tags() }));
  }

  private async pushReferrer(): Promise<void> {
    const subject = this.random.between(0, 4) === 0 ? undefined : this.anyPut();
    const scope = subject?.scope ?? (await this.scope());
    const digest = subject?.digest ?? digestOf(Buffer.from(`elsewhere ${this.random.between(1, 5)}`));
    const blob = await this.upload(scope);
    await this.put(image(scope, [blob], { subject: digest, tags: this.random.between(0, 5) === 0 ? this.tags() : [] }));
  }

  private async pushIndex(): Promise<void> {
    const first = this.anyPut();
    if (first === undefined) return;
    const inSamePlace = this.puts.filter(({ scope }) => scope?.name === first.scope?.name);
    const children = new Set([first.digest, this.random.pick(inSamePlace).digest]);
    await this.put(index(first.scope as Scope, [...children], { tags: this.tags() }));
  }

  private async mount(): Promise<void> {
    const [scope, from] = [await this.scope(), await this.scope()];
    const word = this.word();
    const digest = digestOf(Buffer.from(word.repeat(word.length + Number(word.slice(5)))));
    await this.registry.blobs.mountBlob({ scope, from, digest, operationId: randomUUID() });
  }

  private async deleteTag(): Promise<void> {
    const tag = this.random.pick(TAGS);
    await this.registry.manifests.deleteTag({ scope: await this.scope(), tag, operationId: randomUUID() });
  }

  private async deleteManifest(): Promise<void> {
    const put = this.anyPut();
    if (put === undefined) return;
    const { scope, digest } = put;
    await this.registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  }

  private async deleteBlob(): Promise<void> {
    const scope = await this.scope();
    const word = this.word();
    const digest = digestOf(Buffer.from(word.repeat(word.length + Number(word.slice(5)))));
    await this.registry.blobs.deleteBlob({ scope, digest, operationId: randomUUID() });
  }

  private anyPut(): PutManifestRequest | undefined {
    return this.puts.length === 0 ? undefined : this.random.pick(this.puts);
  }
}
