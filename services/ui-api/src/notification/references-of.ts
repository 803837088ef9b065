/** Fields of a descriptor that are passed on (EVT-05). */
const FIELDS = ['mediaType', 'size', 'digest', 'urls', 'annotations', 'platform', 'artifactType', 'data'];

/** Where a manifest or index names content. */
const PLACES = ['config', 'layers', 'manifests', 'blobs'];

/** Descriptors of what a manifest names, in its order; none for bytes that are no JSON object. */
export function referencesOf(body: Buffer): object[] {
  return PLACES.flatMap((place) => descriptorsIn(parse(body)[place]));
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function descriptorsIn(value: unknown): object[] {
  const all = Array.isArray(value) ? value : [value];
  return all.filter(isObject).filter(isDescriptor).map(toDescriptor);
}

function isDescriptor({ digest }: Record<string, unknown>): boolean {
  return typeof digest === 'string';
}

function toDescriptor(given: Record<string, unknown>): object {
  return Object.fromEntries(FIELDS.filter((field) => field in given).map((field) => [field, given[field]]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
