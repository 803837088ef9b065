import type { RegistryPools } from '../database/registry-pools.js';

/** The bytes of a manifest as they were pushed; undefined when it was expunged since it was found. */
export async function getManifestBody(pools: RegistryPools, manifestId: number): Promise<Buffer | undefined> {
  const found = await pools.read.query<{ body: Buffer }>({
    name: 'get-manifest-body',
    text: 'SELECT body FROM registry.manifest WHERE id = $1',
    values: [manifestId],
  });
  return found.rows[0]?.body;
}
