import type { ScopeRequest } from '@lading/proto';
import { Body, Controller, Get, Header, Headers, HttpCode, Ip, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Authenticate, type Credentials } from '../account/authenticate.js';
import { ANONYMOUS, type Principal } from '../account/principal.js';
import { ListGrants } from '../grant/list-grants.js';
import { formatScope } from '../grant/scope.js';
import { parseBasic } from './basic-credentials.js';
import { IssueToken } from './issue-token.js';
import { type TokenForm, tokenForm, tokenQuery } from './token.schema.js';
import { badRequest, TokenRefused, wrongCredentials } from './token-refused.js';

/** Docker's token endpoint in both dialects: GET with Basic, and OAuth's POST. `/jwt/auth` is GitLab's name for it. */
@Controller(['token', 'jwt/auth'])
export class TokenController {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly listGrants: ListGrants,
    private readonly issueToken: IssueToken,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async get(@Query() query: unknown, @Headers('authorization') header: string | undefined, @Ip() address: string) {
    const { scope } = parse(tokenQuery, query);
    const { grants: _, ...answer } = await this.grantAndSign(await this.principalOf(header, address), scope);
    return answer;
  }

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async post(@Body() body: unknown, @Ip() address: string) {
    if (!(body instanceof URLSearchParams)) throw badRequest('send application/x-www-form-urlencoded');
    const form = parse(tokenForm, fieldsOf(body));
    const principal = await this.signIn({ ...passwordGrant(form), address });
    const { grants, ...answer } = await this.grantAndSign(principal, form.scope);
    const granted = grants.filter(({ actions }) => actions.length > 0);
    return { ...answer, token_type: 'Bearer', scope: granted.map(formatScope).join(' ') };
  }

  private async principalOf(header: string | undefined, address: string): Promise<Principal> {
    const basic = parseBasic(header);
    if (basic.kind === 'anonymous') return ANONYMOUS;
    if (basic.kind === 'malformed') throw wrongCredentials();
    return this.signIn({ username: basic.username, password: basic.password, address });
  }

  private async signIn(credentials: Credentials): Promise<Principal> {
    const principal = await this.authenticate.execute(credentials);
    if (principal === undefined) throw wrongCredentials();
    return principal;
  }

  private async grantAndSign(principal: Principal, scope: readonly ScopeRequest[]) {
    const grants = await this.listGrants.execute(principal, scope);
    const { token, expiresIn, issuedAt } = await this.issueToken.execute(principal, grants);
    // Clients read one name or the other; `issued_at` in whole seconds, which every RFC 3339 parser takes.
    const issued_at = issuedAt.toISOString().replace(/\.\d+Z$/, 'Z');
    return { grants, token, access_token: token, expires_in: expiresIn, issued_at };
  }
}

/** @throws TokenRefused */
function passwordGrant({ grant_type, username, password, refresh_token }: TokenForm) {
  if (grant_type === 'refresh_token') {
    const message = refresh_token === undefined ? 'refresh_token is missing' : 'the refresh token is not valid';
    throw new TokenRefused('invalid_grant', 401, message);
  }
  if (grant_type === undefined) throw badRequest('grant_type is missing');
  if (grant_type !== 'password') throw new TokenRefused('unsupported_grant_type', 400, 'grant_type must be password');
  if (!username || !password) throw badRequest('username and password are required');
  return { username, password };
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
