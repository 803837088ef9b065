import { isDigest, isRepositoryName, isTag } from '@lading/oci';
import { z } from 'zod';
import { badRequest } from '../http/api-error.js';
import { wholeNumber } from '../http/whole-number.js';

const MOST = 1_000;
const USUAL_LIMIT = 100;
const LONGEST_CURSOR = 64;

const name = z.string().refine(isRepositoryName);
const tag = z.string().refine(isTag);
const digest = z.string().refine(isDigest);
const id = z.int().positive();

const listQuery = z.strictObject({
  name,
  after: z
    .string()
    .regex(/^\d{1,20} [a-z]\d{1,20}$/)
    .max(LONGEST_CURSOR)
    .default(''),
  limit: wholeNumber(MOST).default(USUAL_LIMIT),
});

const undeletion = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tag'), name, tag, operation: z.uuid().optional(), as: tag.optional() }),
  z.strictObject({ kind: z.literal('manifest'), name, digest, without_tags: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal('repository'), name, id: id.optional(), as: name.optional() }),
  z.strictObject({ kind: z.literal('project'), name, id: id.optional() }),
]);

const purge = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('manifest'), name, digest }),
  z.strictObject({ kind: z.literal('repository'), name, id: id.optional() }),
  z.strictObject({ kind: z.literal('project'), name, id: id.optional() }),
]);

/** What to list: all that was deleted at and below a name. */
export type DeletedQuery = z.infer<typeof listQuery>;
/** What to bring back. */
export type Undeletion = z.infer<typeof undeletion>;
/** What nobody is to bring back. */
export type Purge = z.infer<typeof purge>;

const FAULTS: Readonly<Record<string, string>> = {
  kind: 'kind must be tag, manifest, repository or project',
  name: 'name must be the full name of a repository, or the path of a project',
  tag: 'tag must be a tag',
  digest: 'digest must be a digest, such as sha256:...',
  id: 'id must be a whole number, as the list has it',
  as: 'as must be a name of the same kind',
  operation: 'operation must be one that the list has',
  without_tags: 'without_tags must be true or false',
  after: 'after must be the next of another page',
  limit: `limit must be a whole number from 1 to ${MOST}`,
};

/** @throws ApiError 400 that names the field */
export const readDeletedQuery = (query: unknown): DeletedQuery => read(listQuery, query);
/** @throws ApiError 400 that names the field */
export const readUndeletion = (body: unknown): Undeletion => read(undeletion, body);
/** @throws ApiError 400 that names the field */
export const readPurge = (body: unknown): Purge => read(purge, body);
/** Of an address. @throws ApiError 400 */
export const readName = (text: unknown): string => read(z.object({ name }), { name: text }).name;

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw badRequest(`${issue.keys.join(', ')} has no meaning here`);
  const [field] = issue?.path ?? [];
  if (field === undefined) throw badRequest('the body must be a JSON object');
  throw badRequest(FAULTS[String(field)] ?? 'the request is not well formed');
}
