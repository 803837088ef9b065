import { ManifestInvalid } from './errors.js';
import type { ParsedManifest } from './manifest.js';
import { mediaTypes } from './media-types.js';
import type { JsonObject } from './parse-json-object.js';

// What HTTP clients and libraries send when nobody told them a type.
const NOT_GIVEN = new Set([
  '',
  mediaTypes.octetStream,
  mediaTypes.json,
  'application/x-www-form-urlencoded',
  'text/plain',
]);

// RFC 6838, section 4.2: restricted names. Other top-level types are refused, so that no manifest is ever served
// as something that a browser renders.
const APPLICATION = /^application\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;

const KINDS = new Map<string, ParsedManifest['kind']>([
  [mediaTypes.ociImage, 'image'],
  [mediaTypes.dockerManifest, 'image'],
  [mediaTypes.ociIndex, 'index'],
  [mediaTypes.dockerManifestList, 'index'],
]);

/**
 * The type under which a manifest is stored: its own `mediaType`, else that of the request, else a guess.
 * @throws ManifestInvalid if both are given and differ, if none fits, and for Docker's schema 1
 */
export function manifestMediaType(manifest: JsonObject, contentType: string | undefined): string {
  const own = ownMediaType(manifest);
  const requested = requestMediaType(contentType);
  if (own !== undefined && requested !== undefined && own.toLowerCase() !== requested) {
    throw new ManifestInvalid(`the manifest says it is ${clip(own)}, the request says ${clip(requested)}`);
  }
  const mediaType = own ?? requested ?? guess(manifest);
  refuseSchema1(mediaType, manifest);
  if (mediaType === undefined) throw new ManifestInvalid('neither the manifest nor the request gives a media type');
  if (!APPLICATION.test(mediaType)) throw new ManifestInvalid(`${clip(mediaType)} is no media type for a manifest`);
  return mediaType;
}

/** How a manifest of this type is read. */
export function manifestKind(mediaType: string): ParsedManifest['kind'] {
  return KINDS.get(mediaType.toLowerCase()) ?? 'other';
}

function ownMediaType({ mediaType }: JsonObject): string | undefined {
  if (mediaType === undefined || mediaType === null || mediaType === '') return undefined;
  if (typeof mediaType === 'string') return mediaType;
  throw new ManifestInvalid('the manifest field "mediaType" is not a string');
}

function requestMediaType(contentType = ''): string | undefined {
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return NOT_GIVEN.has(mediaType) ? undefined : mediaType;
}

function guess(manifest: JsonObject): string | undefined {
  if (Array.isArray(manifest.manifests)) return mediaTypes.ociIndex;
  if (manifest.config && Array.isArray(manifest.layers)) return mediaTypes.ociImage;
  return undefined;
}

function refuseSchema1(mediaType: string | undefined, manifest: JsonObject): void {
  const type = mediaType?.toLowerCase();
  const named = type === mediaTypes.dockerSchema1 || type === mediaTypes.dockerSchema1Signed;
  if (!named && !(mediaType === undefined && manifest.schemaVersion === 1)) return;
  throw new ManifestInvalid('Docker manifests of schema version 1 are not supported; push again with a newer client');
}

function clip(text: string): string {
  return JSON.stringify(text.slice(0, 128));
}
