import { RpcFaultLog, type ScopePort } from '@lading/rpc';
import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountStore } from './account/account-store.js';
import { Authenticate } from './account/authenticate.js';
import { FindPrincipal } from './account/find-principal.js';
import { AuthController } from './grant/auth.controller.js';
import { ListGrants } from './grant/list-grants.js';
import { HealthController } from './health/health.controller.js';
import { JwksController } from './key/jwks.controller.js';
import { KeyRing } from './key/key-ring.js';
import { ListKeys } from './key/list-keys.js';
import type { KeySealer } from './key/seal.js';
import { IssueRefreshToken } from './refresh-token/issue-refresh-token.js';
import { RefreshTokenStore } from './refresh-token/refresh-token-store.js';
import { UseRefreshToken } from './refresh-token/use-refresh-token.js';
import { IssueToken } from './token/issue-token.js';
import { TokenController } from './token/token.controller.js';

/** What the composition root found or made before the application. */
export interface AuthParts {
  readonly dataSource: DataSource;
  readonly sealer: KeySealer;
  readonly scopes: ScopePort;
  /** The installation's id. */
  readonly issuer: string;
  readonly tokenTtlSeconds: number;
  readonly refreshTokens: boolean;
  readonly log: RpcFaultLog;
}

@Module({})
class AuthModule {}

/** The composition root of the service: binds the parts to the classes that use them. */
export function authModule(parts: AuthParts): DynamicModule {
  const { dataSource, sealer, scopes, issuer, tokenTtlSeconds, refreshTokens, log } = parts;
  const accounts = new AccountStore(dataSource);
  const keys = new KeyRing(dataSource, sealer);
  const tokens = new RefreshTokenStore(dataSource);
  return {
    module: AuthModule,
    controllers: [TokenController, JwksController, AuthController, HealthController],
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: RpcFaultLog, useValue: log },
      { provide: Authenticate, useValue: new Authenticate(accounts) },
      { provide: FindPrincipal, useValue: new FindPrincipal(accounts) },
      { provide: ListGrants, useValue: new ListGrants(scopes) },
      { provide: ListKeys, useValue: new ListKeys(keys, issuer) },
      { provide: IssueToken, useValue: new IssueToken(keys, { issuer, ttlSeconds: tokenTtlSeconds }) },
      { provide: IssueRefreshToken, useValue: new IssueRefreshToken(tokens, refreshTokens) },
      { provide: UseRefreshToken, useValue: new UseRefreshToken(tokens, refreshTokens) },
    ],
  };
}
