/** What of a repository a client can see: a tag's manifest, or whether a manifest or blob is there. */
export type Subject = readonly [kind: 'tag' | 'manifest' | 'blob', repository: string, name: string];

/** A digest for a tag, `there` for a manifest or blob; `gone` for all three. */
export type Sight = string;

export const GONE: Sight = 'gone';
export const THERE: Sight = 'there';

export interface Change {
  subject: Subject;
  to: Sight;
}

/**
 * The exact log of what a registry acknowledged. A subject that no request is changing has one sight. While a request is
 * open, and for ever if its answer never came, it has the one before and the one after, because either is right.
 *
 * Exact only where one client at a time changes a subject, or all change it to the same sight.
 */
export class Ledger {
  private readonly sights = new Map<string, Set<Sight>>();

  /** Notes that a request is about to change these. Call what comes back when the change was acknowledged. */
  begin(changes: readonly Change[]): () => void {
    for (const { subject, to } of changes) this.sights.set(keyOf(subject), new Set([...this.sight(subject), to]));
    return () => {
      for (const { subject, to } of changes) this.settle(subject, to);
    };
  }

  /** What the registry may show; `gone` alone for what was never pushed. */
  sight(subject: Subject): ReadonlySet<Sight> {
    return this.sights.get(keyOf(subject)) ?? new Set([GONE]);
  }

  /** From now on only this is right: it was acknowledged, or it was seen after a restart. */
  settle(subject: Subject, sight: Sight): void {
    this.sights.set(keyOf(subject), new Set([sight]));
  }

  subjects(): Subject[] {
    return [...this.sights.keys()].map((key) => JSON.parse(key) as Subject);
  }

  /** The tags that may lead to a manifest: those that go when it is deleted. */
  tagsOf(repository: string, digest: string): Subject[] {
    return this.subjects().filter(
      (subject) => subject[0] === 'tag' && subject[1] === repository && this.sight(subject).has(digest),
    );
  }
}

function keyOf(subject: Subject): string {
  return JSON.stringify(subject);
}
