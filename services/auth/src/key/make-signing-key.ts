import { generateKeyPair as generate } from 'node:crypto';
import { promisify } from 'node:util';
import { TOKEN_ALGORITHM } from '@lading/access-token';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { KeySealer } from './seal.js';
import type { StoredKey } from './signing-key-store.js';

const generateKeyPair = promisify(generate);

/** A new key pair for ES256; its id is its thumbprint (RFC 7638), so no two keys share one. */
export async function makeSigningKey(sealer: KeySealer): Promise<Omit<StoredKey, 'ageSeconds'>> {
  const { publicKey, privateKey } = await generateKeyPair('ec', { namedCurve: 'P-256' });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const sealedPrivate = sealer.seal(kid, privateKey.export({ type: 'pkcs8', format: 'der' }));
  return { kid, publicJwk: { ...jwk, kid, alg: TOKEN_ALGORITHM, use: 'sig' }, sealedPrivate };
}
