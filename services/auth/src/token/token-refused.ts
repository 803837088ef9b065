/** RFC 6749 section 5.2, as far as this endpoint answers it. */
export type OAuthErrorCode = 'invalid_request' | 'invalid_grant' | 'unsupported_grant_type';

/** An answer of the token endpoint that gives no token. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';

  constructor(
    readonly error: OAuthErrorCode,
    /** 401 where a client should ask for other credentials, 405 for a method that is not there, else 400. */
    readonly status: 400 | 401 | 405,
    message: string,
  ) {
    super(message);
  }

  /**
   * OAuth's two fields, and beside them the list that registry clients print. Code and message tell the same.
   */
  get body() {
    const code = this.status === 401 ? 'UNAUTHORIZED' : 'UNSUPPORTED';
    return { error: this.error, error_description: this.message, errors: [{ code, message: this.message }] };
  }
}

/** The same words for an unknown name, a wrong password and a blocked account. */
export function wrongCredentials(): TokenRefused {
  return new TokenRefused('invalid_grant', 401, 'wrong user name or password');
}

/** The same words for one that never was, ended, or died with its account, and where none are taken. */
export function wrongRefreshToken(): TokenRefused {
  return new TokenRefused('invalid_grant', 401, 'the refresh token is not valid');
}

export function badRequest(message: string): TokenRefused {
  return new TokenRefused('invalid_request', 400, message);
}

/** A body of another type, or of one that cannot be read. */
export function notAForm(): TokenRefused {
  return badRequest('send application/x-www-form-urlencoded');
}

export function badMethod(method: string): TokenRefused {
  return new TokenRefused('invalid_request', 405, `${method} is not a method of this address`);
}
