import { Unauthorized } from '@lading/oci';

/** The grant names another project than the one at the path now (T9): the client asks for a new token. */
export function staleGrant(): Unauthorized {
  return new Unauthorized('the token was given for a project that is no longer at this path', {
    data: { error: 'invalid_token' },
  });
}
