import { makeBlob } from '../faults/load/image.js';
import type { Random } from '../support/random.js';
import { type Caller, Interrupted } from './caller.js';
import { type Content, imageOf, indexOf, sharedLayer } from './content.js';
import { Pusher } from './pusher.js';
import { Reader } from './reader.js';
import { GONE, RepositoryLog } from './repository-log.js';

const SHARED_LAYERS = 12;
const TAGS = 12;
/** Deleted images that are remembered, to be pushed again. */
const REMEMBERED = 20;
/** Manifests without a name that are remembered before they are looked at again. */
const UNNAMED = 30;

/** What the steps of a client are called in the report. */
type StepName =
  | 'push'
  | 'push again'
  | 'pull'
  | 'pull from another'
  | 'retag'
  | 'index'
  | 'referrer'
  | 'list referrers'
  | 'delete tag'
  | 'delete manifest'
  | 'undelete'
  | 'unused blob'
  | 'abandoned upload';

/** What a request deleted, with what that took along. */
interface Deleted {
  readonly content: Content;
  readonly tags: readonly string[];
  /** When the request was sent. */
  readonly at: number;
}

/**
 * One client with a repository of its own: it pushes, tags, pulls and deletes small images, indexes and referrers, one
 * request after another, and holds every answer to its exact log. After an outage it looks what its last request did.
 */
export class SoakClient {
  readonly log = new RepositoryLog();
  readonly pusher: Pusher;
  readonly done = new Map<StepName, number>();
  private readonly reader: Reader;
  private readonly deleted: Deleted[] = [];
  private count = 0;
  private readonly steps: readonly [weight: number, name: StepName, step: () => Promise<unknown>][] = [
    [6, 'push', () => this.pusher.push(this.newImage(), this.anyTag())],
    [3, 'push again', () => this.pushAgain()],
    [5, 'pull', () => this.pullOwn()],
    [2, 'pull from another', () => this.reader.pull(this.random.pick(this.repositories), this.anyTag(), true)],
    [2, 'retag', () => this.retag()],
    [2, 'index', () => this.pusher.push(indexOf([this.newImage(), this.newImage()]), this.anyTag())],
    [2, 'referrer', () => this.refer()],
    [1, 'list referrers', () => this.listReferrers()],
    [2, 'delete tag', () => this.deleteTag()],
    [4, 'delete manifest', () => this.deleteManifest()],
    [2, 'undelete', () => this.undelete()],
    [1, 'unused blob', () => this.pushUnused()],
    [1, 'abandoned upload', () => this.pusher.abandon(makeBlob(10_000, `${this.seed} left ${this.count++}`))],
  ];

  constructor(
    readonly repository: string,
    private readonly seed: string,
    private readonly caller: Caller,
    private readonly random: Random,
    private readonly repositories: readonly string[],
  ) {
    this.pusher = new Pusher(repository, caller, this.log, random, repositories);
    this.reader = new Reader(caller);
  }

  /** Works until it is over. @throws an error at the first answer that contradicts the log. */
  async run(isOver: () => boolean): Promise<void> {
    const bag = this.steps.flatMap(([weight, ...step]) => Array.from({ length: weight }, () => step));
    while (!isOver()) {
      const [name, step] = this.random.pick(bag);
      await this.attempt(step);
      this.done.set(name, (this.done.get(name) ?? 0) + 1);
      if (this.log.uncertain.manifests.length > UNNAMED) await this.attempt(() => this.lookAtOldest());
    }
  }

  /** A step that an outage may cut short; then it looks, as often as it takes, what the step did. */
  async attempt(step: () => Promise<unknown>): Promise<void> {
    for (let next = step; ; next = () => this.settle()) {
      try {
        await next();
        return;
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        await this.caller.outage.over();
      }
    }
  }

  /** Looks at everything that may be so or so. @throws an error for what is neither. */
  async settle(): Promise<void> {
    const { tags } = this.log.uncertain;
    for (const tag of tags) {
      const wrong = this.log.settleTag(tag, await this.reader.pull(this.repository, tag));
      if (wrong) throw new Error(`${this.repository}: ${wrong}`);
    }
    for (const content of this.log.uncertain.manifests) await this.look(content);
  }

  /** Pulls everything that must be there. @throws an error for the first thing that is not. */
  async verify(): Promise<void> {
    for (const { tag, content } of this.log.tagged) {
      const seen = await this.reader.pull(this.repository, tag);
      if (seen !== content.digest) throw new Error(`${this.repository}: tag ${tag} is ${seen}, not ${content.digest}`);
    }
    for (const content of this.log.required.values()) await this.look(content);
  }

  /** Deletes all tags and manifests that it knows of. */
  async deleteAll(): Promise<void> {
    const contents = [...this.log.required.values()];
    for (const content of contents.sort((a, b) => b.children.length - a.children.length)) await this.delete(content);
  }

  /** Deletes what a tag leads to. */
  async deleteTagged(tag: string): Promise<void> {
    await this.delete(this.contentOf(tag));
  }

  /** A tag moves to what another leads to. */
  async retagTo(tag: string, other: string): Promise<void> {
    await this.pusher.push(this.contentOf(other), tag);
  }

  private contentOf(tag: string): Content {
    return this.log.tagged.find((each) => each.tag === tag)!.content;
  }

  private anyTag(): string {
    return `t${this.random.between(1, TAGS)}`;
  }

  private newImage(subject?: Content): Content {
    const own = makeBlob(this.random.between(1, 20_000), `${this.seed} layer ${this.count}`);
    const layers = [sharedLayer(this.random.between(1, SHARED_LAYERS)), own];
    return imageOf(`${this.seed} image ${this.count++}`, layers, subject);
  }

  private anyTagged(): { tag: string; content: Content } | undefined {
    const { tagged } = this.log;
    return tagged.length > 0 ? this.random.pick(tagged) : undefined;
  }

  private async pushAgain(): Promise<void> {
    if (this.deleted.length === 0) return;
    const at = this.random.between(0, this.deleted.length - 1);
    await this.pusher.push(this.deleted.splice(at, 1)[0]!.content, this.anyTag());
  }

  private async pullOwn(): Promise<void> {
    const { tag, content } = this.anyTagged() ?? {};
    if (!tag || !content) return;
    const seen = await this.reader.pull(this.repository, tag);
    if (seen !== content.digest) throw new Error(`${this.repository}: tag ${tag} is ${seen}, not ${content.digest}`);
  }

  private async retag(): Promise<void> {
    const { content } = this.anyTagged() ?? {};
    if (content) await this.pusher.push(content, this.anyTag());
  }

  private async refer(): Promise<void> {
    const { content } = this.anyTagged() ?? {};
    if (content) await this.pusher.push(this.newImage(content));
  }

  private async listReferrers(): Promise<void> {
    const { content } = this.anyTagged() ?? {};
    if (!content) return;
    const listed = await this.reader.referrers(this.repository, content.digest);
    const missing = this.log.referrersOf(content.digest).filter(({ digest }) => !listed.includes(digest));
    if (missing.length === 0) return;
    throw new Error(`${this.repository}: referrers of ${content.digest} lack ${missing.map(({ digest }) => digest)}`);
  }

  private async deleteTag(): Promise<void> {
    const { tag } = this.anyTagged() ?? {};
    if (!tag) return;
    const done = this.log.beginDeleteTag(tag);
    await this.caller.ask([202], 'DELETE', `/v2/${this.repository}/manifests/${tag}`);
    done();
  }

  private async deleteManifest(): Promise<void> {
    const { content } = this.anyTagged() ?? {};
    if (!content) return;
    const [child] = content.children;
    if (child && this.random.between(0, 1) === 0) return this.deleteChild(child);
    const deleted = { content, tags: this.log.tagsOf(content.digest), at: performance.now() };
    await this.delete(content);
    this.deleted.push(deleted);
    if (this.deleted.length > REMEMBERED) this.deleted.shift();
  }

  private async delete(content: Content): Promise<void> {
    const statuses = this.log.required.has(content.digest) ? [202] : [202, 404];
    const done = this.log.beginDelete(content);
    await this.caller.ask(statuses, 'DELETE', `/v2/${this.repository}/manifests/${content.digest}`);
    done(true);
  }

  /** The last that was deleted, with its tags unless one is in use again. */
  private async undelete(): Promise<void> {
    const { content, tags, at } = this.deleted.pop() ?? {};
    if (!content || !tags || !at) return;
    const without = tags.some((tag) => this.log.isTagged(tag));
    const done = this.log.beginRestore(content, without ? [] : tags);
    const what = { kind: 'manifest', name: this.repository, digest: content.digest, without_tags: without };
    const answer = await this.caller.ask([200, 404, 410], 'POST', '/api/v4/undelete', {
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(what)),
    });
    done(answer.status === 200);
    const took = performance.now() - at;
    if (answer.status !== 200 && took < this.caller.clocks.window)
      throw new Error(`${content.digest} cannot be restored ${Math.round(took)} ms after its delete: ${answer.body}`);
  }

  /** Refused: an index that is there names it (T12). */
  private async deleteChild(child: Content): Promise<void> {
    const done = this.log.beginDelete(child);
    await this.caller.ask([405], 'DELETE', `/v2/${this.repository}/manifests/${child.digest}`);
    done(false);
  }

  private async pushUnused(): Promise<void> {
    const blob = makeBlob(10_000, `${this.seed} unused ${this.count++}`);
    await this.pusher.pushBlob(blob);
    if (!(await this.reader.hasBlob(this.repository, blob.digest)))
      throw new Error(`${this.repository}: blob ${blob.digest} is gone at once`);
  }

  private lookAtOldest(): Promise<void> {
    return this.look(this.log.uncertain.manifests[0]!);
  }

  private async look(content: Content): Promise<void> {
    const mayGo = !this.log.required.has(content.digest);
    const seen = await this.reader.pull(this.repository, content.digest, mayGo);
    const wrong = this.log.settleManifest(content, seen !== GONE);
    if (wrong) throw new Error(`${this.repository}: ${wrong}`);
  }
}
