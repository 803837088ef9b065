import { isDigest, isSupportedDigest } from '@lading/oci';
import { z } from 'zod';
import { badRequest } from '../http/api-error.js';
import { wholeNumber } from '../http/whole-number.js';

const kind = z.enum(['untagged', 'expunge', 'repository', 'project', 'link', 'object']);

const candidatesQuery = z.object({
  kind,
  after: z.string().max(1_000).default(''),
  limit: wholeNumber(1_000).default(100),
});

const pauseQuery = z.object({ reason: z.string().max(1_000).default('') });

const paceQuery = z.object({
  per_second: z.union([z.literal('unlimited').transform(() => undefined), wholeNumber(100_000)]),
});

const FAULTS: Readonly<Record<string, string>> = {
  kind: 'kind must be untagged, expunge, link or object',
  after: 'after must be what a page gave as next',
  limit: 'limit must be a whole number from 1 to 1000',
  reason: 'reason must be one text of at most 1000 characters',
  per_second: 'per_second must be a whole number from 1 to 100000, or unlimited',
};

function read<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [name] = parsed.error.issues[0]?.path ?? [];
  throw badRequest(FAULTS[String(name)] ?? 'the parameters are not well formed');
}

// Each throws ApiError 400 that names the parameter.

export const readCandidatesQuery = (query: unknown) => read(candidatesQuery, query);
export const readPauseQuery = (query: unknown) => read(pauseQuery, query);
export const readPaceQuery = (query: unknown) => ({ pace: read(paceQuery, query).per_second });

export function readDigest(text: string): string {
  if (isDigest(text) && isSupportedDigest(text)) return text;
  throw badRequest('a digest is sha256: or sha512: and its hexadecimal digits');
}
