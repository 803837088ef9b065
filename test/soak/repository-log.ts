import type { Content } from './content.js';

export const GONE = 'gone';
const THERE = 'there';
type Sight = typeof GONE | typeof THERE;

interface Known {
  readonly content: Content;
  /** What the registry may show: both while a request is open, and where the collector may have been. */
  readonly sights: ReadonlySet<Sight>;
}

/**
 * The exact log of one repository, which one client alone changes. What was acknowledged has one sight; what a request is
 * about to change has two until it is answered. What no tag leads to may be collected at any time.
 */
export class RepositoryLog {
  /** The digests, or `GONE`, that a tag may show. */
  private readonly tags = new Map<string, ReadonlySet<string>>();
  private readonly manifests = new Map<string, Known>();

  /** The request is about to be sent. Call what comes back when it was answered, with whether it was done. */
  beginPut(content: Content, tag?: string): (done: boolean) => void {
    const before = this.manifests.get(content.digest)?.sights ?? new Set<Sight>([GONE]);
    this.manifests.set(content.digest, { content, sights: new Set<Sight>([...before, THERE]) });
    const tagBefore = tag === undefined ? undefined : this.open(tag, content.digest);
    return (done) => {
      this.manifests.set(content.digest, { content, sights: done ? new Set<Sight>([THERE]) : before });
      if (tag !== undefined) this.tags.set(tag, done ? new Set([content.digest]) : tagBefore!);
      this.letGo();
    };
  }

  /** A restore, with these tags. Call what comes back with whether it was done. */
  beginRestore(content: Content, tags: readonly string[]): (done: boolean) => void {
    const [first, ...rest] = tags;
    const settles = [this.beginPut(content, first), ...rest.map((tag) => this.beginPut(content, tag))];
    return (done) => {
      for (const settle of done ? settles : settles.reverse()) settle(done);
    };
  }

  beginDeleteTag(tag: string): () => void {
    this.open(tag, GONE);
    return () => {
      this.settleTag(tag, GONE);
    };
  }

  /** Its tags go with it. */
  beginDelete(content: Content): (done: boolean) => void {
    const { digest } = content;
    const before = this.manifests.get(digest)!.sights;
    const tags = this.tagsOf(digest);
    this.manifests.set(digest, { content, sights: new Set<Sight>([...before, GONE]) });
    for (const tag of tags) this.open(tag, GONE);
    return (done) => {
      this.manifests.set(digest, { content, sights: done ? new Set<Sight>([GONE]) : before });
      for (const tag of tags) this.tags.set(tag, new Set([done ? GONE : digest]));
      this.letGo();
    };
  }

  /** @returns what is wrong with what was seen, if so. */
  settleTag(tag: string, seen: string): string | undefined {
    const allowed = this.tags.get(tag) ?? new Set([GONE]);
    this.tags.set(tag, new Set([seen]));
    this.letGo();
    return allowed.has(seen) ? undefined : `tag ${tag} is ${seen}, not ${[...allowed].join(' or ')}`;
  }

  /** @returns what is wrong with what was seen, if so. */
  settleManifest({ digest }: Content, isThere: boolean): string | undefined {
    const known = this.manifests.get(digest);
    if (!known) return isThere ? `manifest ${digest} is there, and was deleted` : undefined;
    const seen = isThere ? THERE : GONE;
    if (!known.sights.has(seen)) return `manifest ${digest} is ${seen}, not ${[...known.sights].join(' or ')}`;
    this.manifests.set(digest, { ...known, sights: new Set([seen]) });
    this.letGo();
    return undefined;
  }

  /** What an interrupted request may have changed, or the collector. */
  get uncertain(): { tags: string[]; manifests: Content[] } {
    const tags = [...this.tags].filter(([, sights]) => sights.size > 1).map(([tag]) => tag);
    const manifests = [...this.manifests.values()].filter(({ sights }) => sights.size > 1);
    return { tags, manifests: manifests.map(({ content }) => content) };
  }

  /** Tags that lead somewhere. */
  get tagged(): { tag: string; content: Content }[] {
    return [...this.tags].flatMap(([tag, sights]) => {
      const [digest] = sights.size === 1 ? sights : [];
      const known = digest === undefined ? undefined : this.manifests.get(digest);
      return known ? [{ tag, content: known.content }] : [];
    });
  }

  isTagged(tag: string): boolean {
    return this.tags.has(tag);
  }

  /** What must be there, by digest: whatever a tag leads to, the children of it, and what refers to any of these. */
  get required(): Map<string, Content> {
    const required = new Map<string, Content>();
    const waiting = this.tagged.map(({ content }) => content);
    for (let content = waiting.pop(); content; content = waiting.pop()) {
      if (required.has(content.digest)) continue;
      required.set(content.digest, content);
      waiting.push(...content.children, ...this.referrersOf(content.digest));
    }
    return required;
  }

  /** Those that are there for certain. */
  referrersOf(digest: string): Content[] {
    const known = [...this.manifests.values()].filter(({ content }) => content.subject === digest);
    return known.filter(({ sights }) => !sights.has(GONE)).map(({ content }) => content);
  }

  tagsOf(digest: string): string[] {
    return [...this.tags].filter(([, sights]) => sights.has(digest)).map(([tag]) => tag);
  }

  private open(tag: string, digest: string): ReadonlySet<string> {
    const before = this.tags.get(tag) ?? new Set([GONE]);
    this.tags.set(tag, new Set([...before, digest]));
    return before;
  }

  /** What a tag leads to is there; what nothing leads to any more is the collector's; what was deleted is forgotten. */
  private letGo(): void {
    const { required } = this;
    for (const [digest, { content, sights }] of this.manifests) {
      if (required.has(digest)) this.manifests.set(digest, { content, sights: new Set<Sight>([THERE]) });
      else if (sights.size === 1 && sights.has(GONE)) this.manifests.delete(digest);
      else this.manifests.set(digest, { content, sights: new Set([...sights, GONE]) });
    }
    for (const [tag, sights] of this.tags) if (sights.size === 1 && sights.has(GONE)) this.tags.delete(tag);
  }
}
