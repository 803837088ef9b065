import { MAX_SCOPES } from '@lading/access-token';
import type { ScopeRequest } from '@lading/proto';
import { z } from 'zod';
import { parseScopes, scopeTexts } from '../grant/scope.js';

// The token specification's parameters, for GET in the query and for POST in a form. Of a parameter that may stand
// once, the first counts. `service`, `account`, `client_id`, `offline_token` and `access_type` change nothing here.

const first = z.preprocess((value) => (Array.isArray(value) ? value[0] : value), z.string().optional());

const scope = z
  .preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(z.string()))
  .refine((parameters) => scopeTexts(parameters).length <= MAX_SCOPES, `at most ${MAX_SCOPES} scopes`)
  .transform((parameters): ScopeRequest[] => parseScopes(parameters));

export const tokenQuery = z.object({ scope });

export const tokenForm = z.object({
  grant_type: first,
  username: first,
  password: first,
  refresh_token: first,
  scope,
});

export type TokenForm = z.infer<typeof tokenForm>;
