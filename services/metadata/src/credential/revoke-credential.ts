import type { RegistryPools } from '../database/registry-pools.js';

/**
 * From this commit on no upload of this account or token can be finished, whatever token it carries (T19); one that was
 * past its check at that moment still ends.
 */
export async function revokeCredential(pools: RegistryPools, credential: string): Promise<void> {
  await pools.write.query({
    name: 'revoke-credential',
    text: 'INSERT INTO registry.revoked_credential (credential) VALUES ($1) ON CONFLICT DO NOTHING',
    values: [credential],
  });
}
