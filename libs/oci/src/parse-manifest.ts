import type { z } from 'zod';
import { isTextRecord } from './annotations.js';
import { type Digest, isDigest } from './digest.js';
import { ManifestInvalid } from './errors.js';
import { MAX_REFERENCES, type ParsedManifest } from './manifest.js';
import { descriptorEdges, foundEdges, tooManyReferences } from './manifest-edges.js';
import { manifestKind, manifestMediaType } from './manifest-media-type.js';
import { imageSchema, indexSchema } from './manifest-schema.js';
import { mediaTypes } from './media-types.js';
import { type JsonObject, parseJsonObject } from './parse-json-object.js';

/**
 * Reads what the registry needs to know of a manifest. Fields that it does not know are left alone, and a type that
 * it does not know is accepted. The caller bounds the length of the body.
 * @param contentType the request's header as it came
 * @throws ManifestInvalid
 */
export function parseManifest(body: Buffer, contentType: string | undefined): ParsedManifest {
  const { value, misspelt } = parseJsonObject(body);
  const mediaType = manifestMediaType(value, contentType);
  const kind = manifestKind(mediaType);
  if (kind === 'other') return parseOther(value, mediaType);
  if (misspelt !== undefined) throw new ManifestInvalid(`the manifest field ${JSON.stringify(misspelt)} is misspelt`);
  return kind === 'image' ? parseImage(value, mediaType) : parseIndex(value, mediaType);
}

function parseImage(value: JsonObject, mediaType: string): ParsedManifest {
  if (countOf(value.layers) >= MAX_REFERENCES) throw tooManyReferences();
  const image = check(imageSchema, value);
  // Only OCI manifests may lack a config; clients cannot run Docker's without.
  if (!image.config && mediaType.toLowerCase() === mediaTypes.dockerManifest)
    throw new ManifestInvalid('config is missing');
  const descriptors = image.config ? [image.config, ...image.layers] : image.layers;
  return {
    mediaType,
    kind: 'image',
    edges: descriptorEdges(descriptors, 'blob'),
    ...described(image, image.config?.mediaType),
  };
}

function parseIndex(value: JsonObject, mediaType: string): ParsedManifest {
  if (countOf(value.manifests) > MAX_REFERENCES) throw tooManyReferences();
  const index = check(indexSchema, value);
  return { mediaType, kind: 'index', edges: descriptorEdges(index.manifests, 'entry'), ...described(index, undefined) };
}

/** What of the fields does not have the usual shape is taken as the unknown type's own business, a bad subject excepted. */
function parseOther(value: JsonObject, mediaType: string): ParsedManifest {
  const subject = isObject(value.subject) ? value.subject.digest : undefined;
  if (typeof subject === 'string' && !isDigest(subject)) throw new ManifestInvalid('subject.digest is not a digest');
  const artifactType = typeof value.artifactType === 'string' ? value.artifactType : undefined;
  const { annotations } = value;
  return {
    mediaType,
    kind: 'other',
    edges: foundEdges(value),
    ...described({
      subject: typeof subject === 'string' ? { digest: subject as Digest } : undefined,
      artifactType,
      annotations: isTextRecord(annotations) ? annotations : undefined,
    }),
  };
}

interface Described {
  subject?: { digest: Digest } | null;
  artifactType?: string | null;
  annotations?: Record<string, string> | null;
}

function described(manifest: Described, configType?: string | null): Partial<ParsedManifest> {
  const artifactType = manifest.artifactType || configType;
  return {
    ...(manifest.subject ? { subject: manifest.subject.digest } : {}),
    ...(artifactType ? { artifactType } : {}),
    ...(manifest.annotations ? { annotations: manifest.annotations } : {}),
  };
}

function check<Schema extends z.ZodType>(schema: Schema, value: JsonObject): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ManifestInvalid(`${issue?.path.join('.')}: ${issue?.message}`);
}

function countOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
