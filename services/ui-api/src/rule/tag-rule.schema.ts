import { isRepositoryName } from '@lading/oci';
import { z } from 'zod';
import { ApiError, badRequest, notFound } from '../http/api-error.js';

/** As the permission levels of GitLab are called. */
const LEVELS = ['maintainer', 'owner', 'admin'];

const pattern = z.string();
/** GitLab's clients clear a level with an empty text. */
const level = z.union([z.enum(LEVELS), z.literal(''), z.null()]).optional();

const levels = { minimum_access_level_for_push: level, minimum_access_level_for_delete: level };
const newRule = z.object({ tag_name_pattern: pattern, ...levels });
const changedRule = z.object({ tag_name_pattern: pattern.optional(), ...levels });

const FAULTS: Readonly<Record<string, string>> = {
  tag_name_pattern: 'tag_name_pattern must be a text',
  minimum_access_level_for_push: `minimum_access_level_for_push must be null, or one of ${LEVELS.join(', ')}`,
  minimum_access_level_for_delete: `minimum_access_level_for_delete must be null, or one of ${LEVELS.join(', ')}`,
};

/** A project as an address names it. */
export type ProjectAddress = { readonly projectId: number } | { readonly path: string };

/** @param text a project's id, or its full path. @throws ApiError 400 */
export function readProject(text: string): ProjectAddress {
  if (/^[1-9]\d{0,14}$/.test(text)) return { projectId: Number(text) };
  const path = text.toLowerCase();
  if (isRepositoryName(path)) return { path };
  throw badRequest('a project is named by its id, or by its full path with %2F for each slash');
}

/** @throws ApiError 404 for what cannot be the id of a rule */
export function readRuleId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw unknownRule();
}

export function unknownRule(): ApiError {
  return notFound('the project has no such rule');
}

/** @throws ApiError 400 that names the field; 422 for a rule with levels */
export function readNewRule(body: unknown): { pattern: string } {
  const { tag_name_pattern, ...given } = read(newRule, body);
  assertImmutable(given);
  return { pattern: tag_name_pattern };
}

/** @throws ApiError as `readNewRule` */
export function readChangedRule(body: unknown): { pattern?: string } {
  const { tag_name_pattern, ...given } = read(changedRule, body);
  assertImmutable(given);
  return { pattern: tag_name_pattern };
}

/** A rule without levels makes tags immutable for everybody. */
function assertImmutable(given: Readonly<Record<string, string | null | undefined>>): void {
  if (Object.values(given).every((value) => !value)) return;
  const [push, remove] = ['minimum_access_level_for_push', 'minimum_access_level_for_delete'];
  throw new ApiError(422, `there are only rules of immutable tags yet: ${push} and ${remove} must both be null`);
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [field] = parsed.error.issues[0]?.path ?? [];
  throw badRequest(FAULTS[String(field)] ?? 'the body must be a JSON object');
}
