import type { Digest } from './digest.js';

/** One thing that a manifest names. */
export interface ManifestEdge {
  digest: Digest;
  /** Bytes, as the manifest says. */
  size: number;
  /** `entry`: of an index, a manifest or a blob; `other`: found in a manifest of a type that is not known. */
  kind: 'blob' | 'entry' | 'other';
  /** As the manifest says; empty if it does not. */
  mediaType: string;
  /** False for content that may live elsewhere: foreign layers, descriptors with `urls`, everything `other`. */
  required: boolean;
}

/** What the registry knows of a manifest; the bytes themselves are kept as they came. */
export interface ParsedManifest {
  /** The stored media type, `application/...` without parameters. */
  mediaType: string;
  kind: 'image' | 'index' | 'other';
  /** Each digest once. The subject is no edge. */
  edges: ManifestEdge[];
  subject?: Digest;
  /** The manifest's own, else that of an image's config; what the referrers list shows and filters by. */
  artifactType?: string;
  /** Its own, as they were parsed: a name may be any text, `__proto__` included, so copy them as entries. */
  annotations?: Record<string, string>;
}

/** Objects and arrays inside each other, the outermost included. */
export const MAX_JSON_DEPTH = 64;

/**
 * Commas and openings of objects and arrays. An index of 10,000 entries with platform and annotations has 130,000; more
 * only serves to keep the event loop busy: 4 MiB of nothing else take half a second to build.
 */
export const MAX_JSON_PARTS = 200_000;

/** Descriptors in one manifest, equal ones counted each. */
export const MAX_REFERENCES = 10_000;

/**
 * Members of one object, annotations among them: those that hold a whole document have some hundreds. Thousands in one
 * object take long to build, and longer to look through.
 */
export const MAX_JSON_MEMBERS = 10_000;
