import { Denied } from '@lading/oci';
import { matchesTag } from './tag-pattern.js';

/** A rule of a project: tags that its pattern is about, once there, are neither moved nor deleted (T15). */
export interface TagRule {
  readonly id: number;
  /** A regular expression of RE2 that matches anywhere in the tag. */
  readonly pattern: string;
}

/** As in GitLab. */
export const MOST_RULES = 5;

/** The rules of a project as they are from a lock on. */
export class TagRules {
  constructor(private readonly rules: readonly TagRule[]) {}

  /** False where nothing can be immutable. */
  get any(): boolean {
    return this.rules.length > 0;
  }

  /** Those of the tags that are immutable. */
  immutableOf(tags: readonly string[]): string[] {
    return this.rules.length === 0 ? [] : tags.filter((tag) => this.patternOf(tag) !== undefined);
  }

  /** @throws Denied when a push would move one of these tags, which exist. */
  refuseMove([tag]: readonly string[]): void {
    if (tag !== undefined) throw this.denied(tag, 'already exists with another digest: push under another tag');
  }

  /** @throws Denied when a delete would take one of these tags along that is immutable. */
  refuseDelete(tags: readonly string[]): void {
    const [tag] = this.immutableOf(tags);
    if (tag !== undefined)
      throw this.denied(tag, 'already exists: neither it nor the manifest that it names can be deleted');
  }

  private patternOf(tag: string): string | undefined {
    return this.rules.find(({ pattern }) => matchesTag(pattern, tag))?.pattern;
  }

  /** Clients look for both "immutable" and "already exists" (MAN-40). */
  private denied(tag: string, why: string): Denied {
    const pattern = this.patternOf(tag);
    const detail = { code: 'IMMUTABLE_TAG', tag, pattern };
    return new Denied(`tag ${tag} is immutable by the rule ${pattern} of its project and ${why}`, { detail });
  }
}
