import { isDigest } from './digest.js';
import { ManifestInvalid } from './errors.js';
import { MAX_REFERENCES, type ManifestEdge } from './manifest.js';
import type { Descriptor } from './manifest-schema.js';
import { isForeignLayer } from './media-types.js';
import type { JsonObject } from './parse-json-object.js';

/**
 * One edge for each digest. It is required if any of its descriptors is.
 * @throws ManifestInvalid if one digest is said to have two sizes
 */
export function descriptorEdges(descriptors: Descriptor[], kind: 'blob' | 'entry'): ManifestEdge[] {
  const edges = new Map<string, ManifestEdge>();
  for (const { digest, size, mediaType, urls } of descriptors) {
    const required = !urls?.length && !isForeignLayer(mediaType ?? '');
    const known = edges.get(digest);
    if (known && known.size !== size) throw new ManifestInvalid(`the manifest gives ${digest} two sizes`);
    if (known) known.required ||= required;
    else edges.set(digest, { digest, size, kind, mediaType: mediaType ?? '', required });
  }
  return [...edges.values()];
}

/**
 * Edges of a manifest whose type is not known: every object with a well-formed digest and a size, at any depth, but
 * for the subject. They are never checked, but they keep content from collection.
 * @throws ManifestInvalid for more than `MAX_REFERENCES`
 */
export function foundEdges(manifest: JsonObject): ManifestEdge[] {
  const edges = new Map<string, ManifestEdge>();
  const open: unknown[] = Object.keys(manifest).map((field) => (field === 'subject' ? undefined : manifest[field]));
  let found = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const edge = edgeOf(value as JsonObject);
    if (edge) found++;
    if (edge && !edges.has(edge.digest)) edges.set(edge.digest, edge);
    if (found > MAX_REFERENCES) throw tooManyReferences();
    for (const child of Object.values(value)) open.push(child);
  }
  return [...edges.values()];
}

export function tooManyReferences(): ManifestInvalid {
  return new ManifestInvalid(`the manifest has more than ${MAX_REFERENCES} references`);
}

function edgeOf({ digest, size, mediaType }: JsonObject): ManifestEdge | undefined {
  if (typeof digest !== 'string' || !Number.isSafeInteger(size) || (size as number) < 0) return undefined;
  if (!isDigest(digest)) return undefined;
  const type = typeof mediaType === 'string' ? mediaType : '';
  return { digest, size: size as number, kind: 'other', mediaType: type, required: false };
}
