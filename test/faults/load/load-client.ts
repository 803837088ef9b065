import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../support/random.js';
import type { Answer, Http, Sent } from '../http.js';
import { type Blob, baseLayer, type Image, MANIFEST_TYPE, makeBlob, makeImage } from './image.js';
import { type Change, GONE, type Ledger, THERE } from './ledger.js';
import type { Upload } from './upload.js';

export interface LoadContext {
  http: Http;
  ledger: Ledger;
  random: Random;
  /** Repositories of all clients, for mounts across them. */
  repositories: readonly string[];
}

const OCTETS = { 'content-type': 'application/octet-stream' };
const DRIP_BYTES = 32_768;

/** The registry answered what the protocol does not provide for; a connection that broke is another error. */
export class UnexpectedAnswer extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * One client: it pushes, tags, copies and deletes small images in repositories of its own, one request after another,
 * and writes down in the ledger what it asked for and what was acknowledged. An answer that the protocol does not
 * provide for is an error.
 */
export class LoadClient {
  /** Uploads in progress; those it left lying for good, too. */
  readonly uploads = new Set<Upload>();
  /** Requests that were answered as they should be. */
  answered = 0;
  private readonly pushed: Image[] = [];
  private readonly deleted: Image[] = [];
  private count = 0;

  constructor(
    readonly repository: string,
    private readonly seed: string,
    private readonly context: LoadContext,
  ) {}

  /** Works until a connection breaks, which it does when the server is killed. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) await this.step();
  }

  /** Sends a body slowly, so that a kill always meets uploads in the middle of a request. */
  async drip(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const upload = await this.openUpload(makeBlob(40 * DRIP_BYTES, `${this.seed} drip ${this.count++}`));
      const body = this.context.http.open('PATCH', upload.location, OCTETS);
      for (let at = 0; at < upload.blob.bytes.length; at += DRIP_BYTES) {
        upload.sent = at + DRIP_BYTES;
        await body.write(upload.blob.bytes.subarray(at, at + DRIP_BYTES));
        await delay(15);
      }
      body.end();
      assertStatus(await body.answer, [202], `PATCH ${upload.location}`);
      upload.acknowledged = upload.sent;
      await this.closeUpload(upload, Buffer.alloc(0));
    }
  }

  /** Pushes one image under a tag, every blob in one of the ways that clients know. */
  async push(image: Image, tag: string): Promise<void> {
    for (const blob of image.blobs) await this.pushBlob(blob);
    await this.putManifest(this.repository, image, tag);
    this.pushed.push(image);
  }

  private async step(): Promise<void> {
    const { random } = this.context;
    const steps = [this.pushNew, this.pushNew, this.pushNew, this.retag, this.copy, this.mountFromOthers];
    const rare = [
      this.deleteTag,
      this.deleteManifest,
      this.deleteBlob,
      this.pushAgain,
      this.sendWrong,
      this.leaveUpload,
    ];
    await random.pick([...steps, ...rare]).call(this);
  }

  private pushNew(): Promise<void> {
    const { random } = this.context;
    const largest = random.between(0, 9) === 0 ? 1_500_000 : 40_000;
    const sizes = [random.between(1, largest), random.between(1, 4_000)] as const;
    const image = makeImage(`${this.seed} image ${this.count++}`, sizes);
    return this.push(image, `t${random.between(1, 20)}`);
  }

  private async retag(): Promise<void> {
    const image = this.pick(this.pushed);
    if (image) await this.putManifest(this.repository, image, `t${this.context.random.between(1, 20)}`);
  }

  /** The whole image to a second repository, its blobs by mount. */
  private async copy(): Promise<void> {
    const image = this.pick(this.pushed);
    if (!image) return;
    const target = `${this.repository}-copy`;
    for (const { digest } of image.blobs) {
      const done = this.begin([{ subject: ['blob', target, digest], to: THERE }]);
      await this.mount([201], target, digest, this.repository);
      done();
    }
    await this.putManifest(target, image, `t${this.context.random.between(1, 20)}`);
  }

  /** Either is right: others may be without the blob at the moment. */
  private async mountFromOthers(): Promise<void> {
    const { random, repositories } = this.context;
    const done = this.begin([{ subject: ['blob', this.repository, baseLayer.digest], to: THERE }]);
    const answer = await this.mount([201, 202], this.repository, baseLayer.digest, random.pick(repositories));
    if (answer.status === 201) return done();
    await this.ask([204], 'DELETE', answer.headers.location!);
  }

  private async deleteTag(): Promise<void> {
    const tag = `t${this.context.random.between(1, 20)}`;
    const done = this.begin([{ subject: ['tag', this.repository, tag], to: GONE }]);
    await this.ask([202, 404], 'DELETE', `/v2/${this.repository}/manifests/${tag}`);
    done();
  }

  private async deleteManifest(): Promise<void> {
    const image = this.pick(this.pushed, true);
    if (!image) return;
    const tags = this.context.ledger.tagsOf(this.repository, image.digest);
    const subjects = [['manifest', this.repository, image.digest] as const, ...tags];
    const done = this.begin(subjects.map((subject) => ({ subject, to: GONE })));
    await this.ask([202], 'DELETE', `/v2/${this.repository}/manifests/${image.digest}`);
    done();
    for (let at = this.pushed.length - 1; at >= 0; at--) if (this.pushed[at] === image) this.pushed.splice(at, 1);
    this.deleted.push(image);
  }

  private async deleteBlob(): Promise<void> {
    const { digest } = this.pick(this.deleted)?.blobs.at(-1) ?? {};
    if (!digest) return;
    const done = this.begin([{ subject: ['blob', this.repository, digest], to: GONE }]);
    await this.ask([202, 404], 'DELETE', `/v2/${this.repository}/blobs/${digest}`);
    done();
  }

  private async pushAgain(): Promise<void> {
    const image = this.pick(this.deleted, true);
    if (image) await this.push(image, `t${this.context.random.between(1, 20)}`);
  }

  private async sendWrong(): Promise<void> {
    const { bytes } = makeBlob(10_000, `${this.seed} wrong ${this.count++}`);
    const { digest } = makeBlob(10, this.seed);
    const path = `/v2/${this.repository}/blobs/uploads/?digest=${digest}`;
    await this.ask([400], 'POST', path, { headers: OCTETS, body: bytes });
  }

  private async leaveUpload(): Promise<void> {
    const upload = await this.openUpload(makeBlob(60_000, `${this.seed} left ${this.count++}`));
    if (this.context.random.between(0, 2) > 0) await this.sendChunk(upload, 25_000);
  }

  private async pushBlob(blob: Blob): Promise<void> {
    const { random } = this.context;
    const head = await this.ask([200, 404], 'HEAD', `/v2/${this.repository}/blobs/${blob.digest}`);
    if (head.status === 200) return;
    const way = random.between(0, 3);
    if (way === 0) return this.pushBlobAtOnce(blob);
    const upload = await this.openUpload(blob);
    if (way === 1) return this.closeUpload(upload, blob.bytes);
    const step = Math.ceil(blob.bytes.length / random.between(1, 4));
    while (upload.acknowledged < blob.bytes.length) await this.sendChunk(upload, step);
    await this.closeUpload(upload, Buffer.alloc(0));
  }

  private async pushBlobAtOnce({ digest, bytes }: Blob): Promise<void> {
    const done = this.begin([{ subject: ['blob', this.repository, digest], to: THERE }]);
    const path = `/v2/${this.repository}/blobs/uploads/?digest=${digest}`;
    await this.ask([201], 'POST', path, { headers: OCTETS, body: bytes });
    done();
  }

  private async openUpload(blob: Blob): Promise<Upload> {
    const path = `/v2/${this.repository}/blobs/uploads/`;
    const { headers } = await this.ask([202], 'POST', path);
    const { repository } = this;
    const upload = { location: headers.location!, repository, blob, acknowledged: 0, sent: 0, closing: false };
    this.uploads.add(upload);
    return upload;
  }

  private async sendChunk(upload: Upload, most: number): Promise<void> {
    const start = upload.acknowledged;
    const body = upload.blob.bytes.subarray(start, start + most);
    upload.sent = start + body.length;
    const headers = { ...OCTETS, 'content-range': `${start}-${upload.sent - 1}` };
    await this.ask([202], 'PATCH', upload.location, { headers, body });
    upload.acknowledged = upload.sent;
  }

  private async closeUpload(upload: Upload, body: Buffer): Promise<void> {
    const { repository, blob, location } = upload;
    const done = this.begin([{ subject: ['blob', repository, blob.digest], to: THERE }]);
    upload.sent = blob.bytes.length;
    upload.closing = true;
    await this.ask([201], 'PUT', `${location}?digest=${blob.digest}`, { headers: OCTETS, body });
    this.uploads.delete(upload);
    done();
  }

  private async putManifest(repository: string, image: Image, tag: string): Promise<void> {
    const done = this.begin([
      { subject: ['tag', repository, tag], to: image.digest },
      { subject: ['manifest', repository, image.digest], to: THERE },
    ]);
    const sent = { headers: { 'content-type': MANIFEST_TYPE }, body: image.manifest };
    await this.ask([201], 'PUT', `/v2/${repository}/manifests/${tag}`, sent);
    done();
  }

  private mount(statuses: readonly number[], target: string, digest: string, from: string): Promise<Answer> {
    return this.ask(statuses, 'POST', `/v2/${target}/blobs/uploads/?mount=${digest}&from=${from}`);
  }

  private begin(changes: readonly Change[]): () => void {
    return this.context.ledger.begin(changes);
  }

  private pick(from: Image[], take = false): Image | undefined {
    if (from.length === 0) return undefined;
    const at = this.context.random.between(0, from.length - 1);
    return take ? from.splice(at, 1)[0] : from[at];
  }

  private async ask(statuses: readonly number[], method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const answer = await this.context.http.send(method, path, sent);
    assertStatus(answer, statuses, `${method} ${path}`);
    this.answered += 1;
    return answer;
  }
}

function assertStatus({ status, body }: Answer, statuses: readonly number[], asked: string): void {
  if (statuses.includes(status)) return;
  const said = body.toString().slice(0, 500);
  throw new UnexpectedAnswer(status, `${asked}: ${status}, not ${statuses.join(' or ')}: ${said}`);
}
