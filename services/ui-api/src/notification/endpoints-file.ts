import { readFileSync } from 'node:fs';
import { type Parser, type Setting, settings } from '@lading/platform';
import { z } from 'zod';
import type { Endpoint } from './endpoint.js';
import { endpointsSchema } from './endpoints.schema.js';

/** Bytes. */
const LONGEST_FILE = 1024 * 1024;

/** Reads the file that the setting names; each fault in it is one of the configuration. Values of headers are in none. */
const endpointsFile: Parser<readonly Endpoint[]> = z.string().transform((path, context) => {
  const fault = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const read = readJson(path);
  if ('fault' in read) return fault(read.fault);
  const parsed = endpointsSchema.safeParse(read.value);
  if (parsed.success) return parsed.data;
  for (const { path: where, message } of parsed.error.issues) fault(`${placeOf(where)} ${message}`);
  return z.NEVER;
});

function readJson(path: string): { value: unknown } | { fault: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { fault: `cannot be read: ${(error as Error).message}` };
  }
  if (text.length > LONGEST_FILE) return { fault: `has more than ${LONGEST_FILE} bytes` };
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The parser's own message repeats a part of the text, which may be a secret.
    return { fault: 'is not JSON' };
  }
}

/** `endpoints[0].url` */
function placeOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}

/** The setting with what is in its file. */
export const notificationSettings: { readonly endpoints: Setting<readonly Endpoint[] | undefined> } = {
  endpoints: { ...settings.notifications.endpoints, schema: endpointsFile },
};
