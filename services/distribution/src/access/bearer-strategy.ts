import type { IncomingMessage } from 'node:http';
import { type AccessTokenVerifier, InvalidToken } from '@lading/access-token';
import { ExtractJwt, Strategy } from 'passport-jwt';

type VerifiedToken = Awaited<ReturnType<AccessTokenVerifier['verify']>>;
type Done = (error: unknown, payload?: unknown) => void;

/** What the strategy hands from its key to the check of a token. */
interface Check {
  readonly verifier: AccessTokenVerifier;
  readonly allowExpired: boolean;
}

/**
 * passport-jwt asks for a key and then checks the token with jsonwebtoken, which knows neither key sets nor our claims.
 * Here the "key" carries our verifier and the check is its own. The function is process-wide in that library; all state is
 * in the key, so a strategy of another service in this process is not touched.
 */
(Strategy as unknown as { JwtVerifier: unknown }).JwtVerifier = (
  token: string,
  check: Check,
  _options: unknown,
  done: Done,
) => {
  const { verifier, allowExpired } = check;
  verifier.verify(token, { allowExpired }).then((payload) => done(null, payload), done);
};

/** Checks the bearer token of a request. Passport itself, which is one for the whole process, takes no part. */
export class BearerStrategy {
  constructor(private readonly verifier: AccessTokenVerifier) {}

  /** What the token says; undefined for one that is not to be trusted. @throws what reading the keys throws */
  verify(req: IncomingMessage, allowExpired: boolean): Promise<VerifiedToken | undefined> {
    const strategy = this.strategyFor(allowExpired);
    return new Promise((resolve, reject) => {
      strategy.success = (token: VerifiedToken) => resolve(token);
      strategy.fail = (reason: unknown) => (isRefusal(reason) ? resolve(undefined) : reject(reason));
      strategy.error = reject;
      strategy.authenticate(req as never);
    });
  }

  private strategyFor(allowExpired: boolean) {
    const check: Check = { verifier: this.verifier, allowExpired };
    const strategy = new Strategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKeyProvider: (_req, _token, done) => done(null, check as never),
        algorithms: ['ES256'],
      },
      (payload: VerifiedToken, done: (error: unknown, user: VerifiedToken) => void) => done(null, payload),
    );
    return strategy as unknown as {
      success(token: VerifiedToken): void;
      fail(reason: unknown): void;
      error(error: unknown): void;
      authenticate(req: never): void;
    };
  }
}

/** No token at all comes as passport-jwt's own error; an `InvalidToken` is ours. Anything else is a fault of ours. */
function isRefusal(reason: unknown): boolean {
  return reason instanceof InvalidToken || (reason instanceof Error && reason.message === 'No auth token');
}
