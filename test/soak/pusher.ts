import type { Blob } from '../faults/load/image.js';
import type { Random } from '../support/random.js';
import type { Caller } from './caller.js';
import type { Content } from './content.js';
import type { RepositoryLog } from './repository-log.js';

const OCTETS = { 'content-type': 'application/octet-stream' };

/** Pushes to one repository: each blob in one of the ways that clients know, none where HEAD says that it is there. */
export class Pusher {
  /** Pushes for which no blob was sent, because HEAD found them all. */
  withoutUpload = 0;
  /** Manifests refused because the client took longer than answers hold. */
  tooLate = 0;

  constructor(
    readonly repository: string,
    private readonly caller: Caller,
    private readonly log: RepositoryLog,
    private readonly random: Random,
    /** Repositories of all clients, to mount from. */
    private readonly repositories: readonly string[],
  ) {}

  /**
   * @returns false when it was too late, and nothing was pushed
   * @throws an error when the manifest is refused while the answers about its parts hold
   */
  async push(content: Content, tag?: string): Promise<boolean> {
    const begun = performance.now();
    for (const child of content.children) if (!(await this.push(child))) return false;
    let sent = 0;
    for (const blob of content.blobs) sent += await this.pushBlob(blob);
    const done = this.log.beginPut(content, tag);
    const path = `/v2/${this.repository}/manifests/${tag ?? content.digest}`;
    const { type, bytes: body } = content;
    const answer = await this.caller.ask([201, 400], 'PUT', path, { headers: { 'content-type': type }, body });
    done(answer.status === 201);
    if (answer.status === 201) {
      if (sent === 0 && content.blobs.length > 0) this.withoutUpload += 1;
      return true;
    }
    const took = performance.now() - begun;
    if (took < this.holdMs)
      throw new Error(`PUT ${path}: 400 within ${Math.round(took)} ms of its parts: ${answer.body}`);
    this.tooLate += 1;
    return false;
  }

  /** @returns how many were sent: 0 where HEAD or a mount found it. */
  async pushBlob(blob: Blob): Promise<number> {
    const head = await this.caller.ask([200, 404], 'HEAD', `/v2/${this.repository}/blobs/${blob.digest}`);
    if (head.status === 200) return 0;
    const way = this.random.between(0, 3);
    if (way === 0) {
      const query = `?digest=${blob.digest}`;
      await this.caller.ask([201], 'POST', this.uploads(query), { headers: OCTETS, body: blob.bytes });
      return 1;
    }
    const from = this.random.pick(this.repositories);
    const opened = way === 1 ? await this.mount(blob, from) : await this.open();
    if (opened === undefined) return 0;
    const half = way === 3 ? Math.ceil(blob.bytes.length / 2) : 0;
    if (half > 0) await this.sendChunk(opened, blob.bytes.subarray(0, half));
    const body = blob.bytes.subarray(half);
    await this.caller.ask([201], 'PUT', `${opened}?digest=${blob.digest}`, { headers: OCTETS, body });
    return 1;
  }

  /** Opens an upload and goes away. @param begun whether a piece was sent; either unless told */
  async abandon(blob: Blob, begun = this.random.between(0, 1) === 0): Promise<void> {
    const location = await this.open();
    if (begun) await this.sendChunk(location, blob.bytes);
  }

  /** How long an answer holds: half a lease after a HEAD (T13), and a manifest without a tag as long as it is kept. */
  private get holdMs(): number {
    const { lease, untagged } = this.caller.clocks;
    return Math.min(lease / 2, untagged);
  }

  private async open(): Promise<string> {
    return (await this.caller.ask([202], 'POST', this.uploads(''))).headers.location!;
  }

  private async sendChunk(location: string, body: Buffer): Promise<void> {
    const headers = { ...OCTETS, 'content-range': `0-${body.length - 1}` };
    await this.caller.ask([202], 'PATCH', location, { headers, body });
  }

  /** @returns the upload that is answered where the other repository is without it. */
  private async mount({ digest }: Blob, from: string): Promise<string | undefined> {
    const answer = await this.caller.ask([201, 202], 'POST', this.uploads(`?mount=${digest}&from=${from}`));
    return answer.status === 201 ? undefined : answer.headers.location!;
  }

  private uploads(query: string): string {
    return `/v2/${this.repository}/blobs/uploads/${query}`;
  }
}
