import { parseBasic } from '@lading/platform';
import type { ScopeRequest } from '@lading/proto';
import { Body, Controller, Get, Header, Headers, HttpCode, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Account } from '../account/account.entity.js';
import { Authenticate, type Credentials } from '../account/authenticate.js';
import { ANONYMOUS, accountPrincipal, type Principal } from '../account/principal.js';
import { ListGrants } from '../grant/list-grants.js';
import { formatScope } from '../grant/scope.js';
import { ClientAddress } from '../http/client-address.js';
import { IssueRefreshToken } from '../refresh-token/issue-refresh-token.js';
import { UseRefreshToken } from '../refresh-token/use-refresh-token.js';
import { IssueToken } from './issue-token.js';
import { readForm, readQuery } from './token.schema.js';
import { wrongCredentials, wrongRefreshToken } from './token-refused.js';

/** What an answer says of a refresh token: nothing where none was asked for or none are given. */
type RefreshAnswer = { readonly refresh_token?: string };

/** Docker's token endpoint in both dialects: GET with Basic, and OAuth's POST. `/jwt/auth` is GitLab's name for it. */
@Controller(['token', 'jwt/auth'])
export class TokenController {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly listGrants: ListGrants,
    private readonly issueToken: IssueToken,
    private readonly issueRefreshToken: IssueRefreshToken,
    private readonly useRefreshToken: UseRefreshToken,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async get(
    @Query() query: unknown,
    @Headers('authorization') header: string | undefined,
    @ClientAddress() address: string,
    @Req() { method }: FastifyRequest,
  ) {
    const { scope, offline } = readQuery(query);
    const account = await this.accountOf(header, address);
    const { grants: _, ...answer } = await this.grantAndSign(account ? accountPrincipal(account) : ANONYMOUS, scope);
    // The answer to HEAD would take the token nowhere.
    return { ...answer, ...(offline && account && method === 'GET' && (await this.refreshTokenOf(account))) };
  }

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async post(@Body() body: unknown, @ClientAddress() address: string) {
    const form = readForm(body);
    if (form.grantType === 'refresh_token') {
      const principal = await this.useRefreshToken.execute(form.refreshToken);
      if (principal === undefined) throw wrongRefreshToken();
      return this.answerForm(principal, form.scope, { refresh_token: form.refreshToken });
    }
    const { username, password, scope, offline } = form;
    const account = await this.signIn({ username, password, address });
    const answer = await this.answerForm(accountPrincipal(account), scope);
    return { ...answer, ...(offline && (await this.refreshTokenOf(account))) };
  }

  /** Undefined: anonymous. */
  private async accountOf(header: string | undefined, address: string): Promise<Account | undefined> {
    const basic = parseBasic(header);
    if (basic.kind === 'anonymous') return undefined;
    if (basic.kind === 'malformed') throw wrongCredentials();
    return this.signIn({ username: basic.username, password: basic.password, address });
  }

  private async signIn(credentials: Credentials): Promise<Account> {
    const account = await this.authenticate.execute(credentials);
    if (account === undefined) throw wrongCredentials();
    return account;
  }

  private async refreshTokenOf(account: Account): Promise<RefreshAnswer> {
    const issued = await this.issueRefreshToken.execute(account);
    if (issued === 'gone') throw wrongCredentials();
    return issued === 'off' ? {} : { refresh_token: issued.token };
  }

  private async answerForm(principal: Principal, scope: readonly ScopeRequest[], refresh: RefreshAnswer = {}) {
    const { grants, ...answer } = await this.grantAndSign(principal, scope);
    const granted = grants.filter(({ actions }) => actions.length > 0);
    return { ...answer, token_type: 'Bearer', scope: granted.map(formatScope).join(' '), ...refresh };
  }

  private async grantAndSign(principal: Principal, scope: readonly ScopeRequest[]) {
    this.issueToken.assertRoom(scope);
    const grants = await this.listGrants.execute(principal, scope);
    const { token, expiresIn, issuedAt } = await this.issueToken.execute(principal, grants);
    // Clients read one name or the other; `issued_at` in whole seconds, which every RFC 3339 parser takes.
    const issued_at = issuedAt.toISOString().replace(/\.\d+Z$/, 'Z');
    return { grants, token, access_token: token, expires_in: expiresIn, issued_at };
  }
}
