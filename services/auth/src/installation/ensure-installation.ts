import { uuidV7 } from '@lading/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { makeSigningKey } from '../key/make-signing-key.js';
import type { KeySealer } from '../key/seal.js';
import { insertKey, listPublishedKeys, lockSetup } from '../key/signing-key-store.js';
import { Installation } from './installation.entity.js';

/**
 * Makes what a first start must leave behind, the installation's id and a signing key, and gives the id. Later starts
 * find both and only prove that the key secret opens the keys.
 *
 * @throws WrongKeySecret
 */
export async function ensureInstallation(dataSource: DataSource, sealer: KeySealer): Promise<string> {
  return dataSource.transaction(async (manager) => {
    await lockSetup(manager);
    await ensureSigningKey(manager, sealer);
    const found = await manager.findOneBy(Installation, { one: true });
    if (found !== null) return found.id;
    const id = uuidV7();
    await manager.insert(Installation, { one: true, id });
    return id;
  });
}

async function ensureSigningKey(manager: EntityManager, sealer: KeySealer): Promise<void> {
  const published = await listPublishedKeys(manager);
  if (published.length === 0) await insertKey(manager, await makeSigningKey(sealer));
  for (const { kid, sealedPrivate } of published) sealer.open(kid, sealedPrivate);
}
