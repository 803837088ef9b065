import { z } from 'zod';
import { badRequest } from '../http/api-error.js';

const id = /^[1-9]\d{0,15}$/;
const at = z.iso.datetime({ offset: true });

/** @throws ApiError 400 */
export function readId(text: string): number {
  if (id.test(text)) return Number(text);
  throw badRequest('an id is a whole number');
}

/** A project by its id, or by its full path, with the slashes as %2F. */
export function readProject(text: string): { projectId: number } | { projectPath: string } {
  return id.test(text) ? { projectId: Number(text) } : { projectPath: text };
}

/** @returns undefined for the time when every clock has run out. @throws ApiError 400 */
export function readPlanTime(query: unknown): Date | undefined {
  const { at: text } = query as { at?: unknown };
  if (text === undefined) return undefined;
  const parsed = at.safeParse(text);
  if (!parsed.success) throw badRequest('at must be a time such as 2026-01-31T12:00:00Z');
  return new Date(parsed.data);
}
