/** The token does not hold: malformed, forged, for somebody else, expired or not valid yet. Never says the token. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the access token is not valid: ${reason}`, options);
  }
}
