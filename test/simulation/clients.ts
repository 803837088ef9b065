import { BLOBS, type Image, OWN, type Piece, REPOSITORIES, SHARED } from './content.js';
import type { Answered, Asked } from './http.js';
import type { SimulatedProcess } from './process.js';
import type { World } from './world.js';

/** How often a client does something again before it gives up. */
const TRIES = 4;

/** One client of the registry, which does what docker and others do: it asks, and tries again what failed. */
export class Client {
  constructor(
    private readonly world: World,
    private readonly process: SimulatedProcess,
  ) {}

  /** Pushes something of its own, under a tag that nobody else touches, after a few things that anybody may delete. */
  async push(number: number): Promise<void> {
    const { random } = this.world;
    const repository = random.pick(REPOSITORIES);
    for (let n = random.below(2); n >= 0; n -= 1)
      await this.pushImage(repository, random.pick(SHARED), `t${random.below(2)}`);
    const own = OWN[number] as Image;
    const tag = `keep-${number}`;
    if (await this.pushImage(repository, own, tag)) this.world.acknowledged(repository, tag, own.digest);
  }

  /** Pushes what anybody may delete. */
  async pushShared(repository: string = this.world.random.pick(REPOSITORIES)): Promise<void> {
    const { random } = this.world;
    await this.pushImage(repository, random.pick(SHARED), random.pick(['t0', 't1', undefined]));
  }

  /** Uploads something, and does nothing with it. */
  async upload(): Promise<void> {
    const { random } = this.world;
    await this.bring(random.pick(REPOSITORIES), random.pick(BLOBS));
  }

  /** Deletes what anybody may. */
  async remove(times: number): Promise<void> {
    const { random } = this.world;
    for (let n = times; n > 0; n -= 1) {
      const base = `/v2/${random.pick(REPOSITORIES)}`;
      const what = random.pick(['manifest', 'manifest', 'tag', 'blob', 'restore']);
      if (what === 'restore')
        await this.world.restore(this.process, random.pick(REPOSITORIES), random.pick(SHARED).digest);
      else if (what === 'blob') await this.ask({ method: 'DELETE', url: `${base}/blobs/${random.pick(BLOBS).digest}` });
      else {
        const reference = what === 'tag' ? `t${random.below(2)}` : random.pick(SHARED).digest;
        await this.ask({ method: 'DELETE', url: `${base}/manifests/${reference}` });
      }
    }
  }

  private async pushImage(repository: string, image: Image, tag: string | undefined): Promise<boolean> {
    // Some know that its parts were there a while ago, and do not ask.
    const isSure = this.world.random.once(3);
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (tries > 0 || !isSure) await this.bringParts(repository, image);
      const url = `/v2/${repository}/manifests/${tag ?? image.digest}`;
      const headers = { 'content-type': image.mediaType };
      if ((await this.ask({ method: 'PUT', url, headers, body: image.body }))?.status === 201) return true;
    }
    return false;
  }

  private async bringParts(repository: string, { children, blobs }: Image): Promise<void> {
    for (const child of children) await this.pushImage(repository, child, undefined);
    for (const blob of blobs) await this.bring(repository, blob);
  }

  /** HEAD first; then a mount, or an upload in one of the ways that clients have. */
  private async bring(repository: string, blob: Piece): Promise<void> {
    const { random } = this.world;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const head = await this.ask({ method: 'HEAD', url: `/v2/${repository}/blobs/${blob.digest}` });
      if (head?.status === 200) return;
      const uploads = `/v2/${repository}/blobs/uploads/`;
      if (random.once(3)) {
        const url = `${uploads}?digest=${blob.digest}`;
        if ((await this.ask({ method: 'POST', url, body: blob.body }))?.status === 201) return;
      } else {
        const from = REPOSITORIES.find((name) => name !== repository) as string;
        const mount = random.once(2) ? `?mount=${blob.digest}&from=${from}` : '';
        const begun = await this.ask({ method: 'POST', url: `${uploads}${mount}` });
        if (begun?.status === 201) return;
        if (begun?.status === 202 && (await this.send(begun.headers.location as string, blob))) return;
      }
    }
  }

  /** @returns false when it has to begin anew. */
  private async send(url: string, { digest, body }: Piece): Promise<boolean> {
    const { random } = this.world;
    // Left to expire, or cancelled.
    if (random.once(12)) return false;
    if (random.once(12)) return (await this.ask({ method: 'DELETE', url })) === undefined;
    const inParts = random.once(2);
    if (inParts) {
      const sent = await this.ask({ method: 'PATCH', url, headers: { 'content-range': `0-${body.length - 1}` }, body });
      // A cut answer: what was stored is asked for by the closing PUT, which fails where it was not.
      if (sent !== undefined && sent.status !== 202) return false;
    }
    const put = { method: 'PUT', url: `${url}?digest=${digest}`, ...(inParts ? {} : { body }) };
    const closed = (await this.ask(put)) ?? (await this.ask(put));
    return closed?.status === 201;
  }

  private ask(asked: Asked): Promise<Answered | undefined> {
    return this.world.ask(this.process, asked);
  }
}
