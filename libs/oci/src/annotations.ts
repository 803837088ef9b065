import { MAX_ANNOTATIONS } from './manifest.js';

/** Whether these are annotations, each a text, whatever their names. */
export function isTextRecord(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  for (const name of Object.keys(value)) if (typeof value[name] !== 'string') return false;
  return true;
}

/** False for an object of more members than `MAX_ANNOTATIONS`; what is no object has none. */
export function mayHaveAnnotations(value: unknown): boolean {
  return !isObject(value) || Object.keys(value).length <= MAX_ANNOTATIONS;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
