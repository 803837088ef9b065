/** Who sent a request. */
export interface Caller {
  /** Such as `account:1`. */
  readonly principal: string;
  readonly credential: string;
  /** End of the token that it came with; Infinity for a password. Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by a guard; there on every route that has one. */
    caller: Caller;
  }
}
