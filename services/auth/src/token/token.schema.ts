import { MAX_SCOPES } from '@lading/access-token';
import type { ScopeRequest } from '@lading/proto';
import { z } from 'zod';
import { parseScopes, scopeTexts } from '../grant/scope.js';
import { badRequest, notAForm, TokenRefused } from './token-refused.js';

// The token specification's parameters, for GET in the query and for POST in a form. Of a parameter that may stand
// once, the first counts. `service`, `account` and `client_id` change nothing here.

const first = z.preprocess((value) => (Array.isArray(value) ? value[0] : value), z.string().optional());

const scope = z
  .preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(z.string()))
  .refine((parameters) => scopeTexts(parameters).length <= MAX_SCOPES, `at most ${MAX_SCOPES} scopes`)
  .transform((parameters): ScopeRequest[] => parseScopes(parameters));

const tokenQuery = z.object({ scope, offline_token: first });

const tokenForm = z.object({
  grant_type: first,
  username: first,
  password: first,
  refresh_token: first,
  access_type: first,
  scope,
});

interface Asked {
  readonly scope: readonly ScopeRequest[];
}

/** A GET; `offline`: a refresh token is asked for. */
export type TokenQuery = Asked & { readonly offline: boolean };

/** A POST, by its grant (RFC 6749 sections 4.3 and 6); what a grant needs is there and not empty. */
export type TokenForm =
  | (Asked & {
      readonly grantType: 'password';
      readonly username: string;
      readonly password: string;
      readonly offline: boolean;
    })
  | (Asked & { readonly grantType: 'refresh_token'; readonly refreshToken: string });

/** @throws TokenRefused (400) */
export function readQuery(query: unknown): TokenQuery {
  const { scope, offline_token } = parse(tokenQuery, query);
  return { scope, offline: offline_token === 'true' };
}

/** @param body the form's fields, or anything else for a body that is no form. @throws TokenRefused (400) */
export function readForm(body: unknown): TokenForm {
  if (!(body instanceof URLSearchParams)) throw notAForm();
  const { grant_type, username, password, refresh_token, access_type, scope } = parse(tokenForm, fieldsOf(body));
  if (!grant_type) throw badRequest('grant_type is missing');
  if (grant_type === 'refresh_token') {
    if (!refresh_token) throw badRequest('refresh_token is missing');
    return { grantType: grant_type, refreshToken: refresh_token, scope };
  }
  if (grant_type !== 'password') {
    throw new TokenRefused('unsupported_grant_type', 400, 'grant_type must be password or refresh_token');
  }
  if (!username || !password) throw badRequest('username and password are required');
  return { grantType: grant_type, username, password, offline: access_type === 'offline', scope };
}

/** The fields we read, and no others: a form may hold thousands of names. */
function fieldsOf(form: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(Object.keys(tokenForm.shape).map((name) => [name, form.getAll(name)]));
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badRequest(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', '));
}
