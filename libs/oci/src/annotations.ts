import type { JsonObject } from './parse-json-object.js';

/** Whether these are annotations, each a text, whatever their names. */
export function isTextRecord(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const name of Object.keys(value)) if (typeof (value as JsonObject)[name] !== 'string') return false;
  return true;
}
