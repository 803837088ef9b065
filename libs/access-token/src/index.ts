export {
  type AccessTokenClaims,
  accessTokenClaims,
  claimToGrant,
  type GrantClaim,
  grantToClaim,
  MAX_SCOPES,
  MAX_TOKEN_LENGTH,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
} from './access-token-claims.js';
export {
  AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  type VerifiedToken,
  type VerifyOptions,
} from './access-token-verifier.js';
export { InvalidToken } from './invalid-token.js';
