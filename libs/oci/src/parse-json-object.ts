import { isUtf8 } from 'node:buffer';
import { ManifestInvalid } from './errors.js';
import { MAX_JSON_DEPTH, MAX_JSON_MEMBERS, MAX_JSON_PARTS } from './manifest.js';
import { scanJson } from './scan-json.js';

// Fields whose meaning must not depend on the reader. Go's decoder takes the last of two equal keys and matches
// keys whatever their case, JavaScript's only the exact key, so a second spelling shows two clients two manifests.
const CRITICAL = new Map(['mediaType', 'config', 'layers', 'manifests', 'subject'].map((key) => [fold(key), key]));

export interface JsonObject {
  [field: string]: unknown;
}

export interface ParsedObject {
  value: JsonObject;
  /** A critical field in another spelling, which stands there alone. */
  misspelt?: string;
}

/**
 * One JSON object in valid UTF-8 and nothing after it, within `MAX_JSON_DEPTH`, `MAX_JSON_PARTS` and `MAX_JSON_MEMBERS`,
 * each critical field once.
 * @throws ManifestInvalid
 */
export function parseJsonObject(body: Buffer): ParsedObject {
  if (!isUtf8(body)) throw new ManifestInvalid('the manifest is not valid UTF-8');
  const text = body.toString('utf8');
  const { depth, parts, members, keys } = scanJson(text);
  if (depth > MAX_JSON_DEPTH) throw new ManifestInvalid(`the manifest is nested deeper than ${MAX_JSON_DEPTH} levels`);
  if (parts > MAX_JSON_PARTS) throw new ManifestInvalid(`the manifest has more than ${MAX_JSON_PARTS} parts`);
  if (members > MAX_JSON_MEMBERS)
    throw new ManifestInvalid(`an object in the manifest has more than ${MAX_JSON_MEMBERS} members`);
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ManifestInvalid('the manifest is not a JSON object');
  }
  return { value: value as JsonObject, misspelt: checkCritical(keys) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ManifestInvalid('the manifest is not one valid JSON document', { cause });
  }
}

function checkCritical(keys: string[]): string | undefined {
  const seen = new Set<string>();
  let misspelt: string | undefined;
  for (const key of keys) {
    const critical = CRITICAL.get(fold(key));
    if (critical === undefined) continue;
    if (seen.has(critical)) throw new ManifestInvalid(`the manifest has the field "${critical}" twice`);
    seen.add(critical);
    if (key !== critical) misspelt = key;
  }
  return misspelt;
}

/** Upper case, since Go also takes the long s (U+017F) for an s, and only its upper case is S. */
function fold(key: string): string {
  return key.toUpperCase();
}
