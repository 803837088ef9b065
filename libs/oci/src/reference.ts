import { type Digest, parseDigest } from './digest.js';
import { ManifestUnknown } from './errors.js';
import { isTag, MAX_TAG_LENGTH, parseTag, type Tag } from './tag.js';

/** What names a manifest in a URL. */
export type Reference = { kind: 'tag'; tag: Tag } | { kind: 'digest'; digest: Digest };

/**
 * A text with `:` is only ever a digest; one that merely looks like a digest (`sha256-...`) is a tag.
 * @param purpose `write` for PUT, where a bad tag is the caller's fault; otherwise no manifest can have that tag
 * @throws DigestInvalid, ManifestUnknown (a bad tag, `read`), ManifestInvalid (a bad tag, `write`)
 */
export function parseReference(text: string, purpose: 'read' | 'write' = 'read'): Reference {
  if (text.includes(':')) return { kind: 'digest', digest: parseDigest(text) };
  if (purpose === 'write') return { kind: 'tag', tag: parseTag(text) };
  if (isTag(text)) return { kind: 'tag', tag: text };
  throw new ManifestUnknown(undefined, { detail: text.slice(0, MAX_TAG_LENGTH) });
}
