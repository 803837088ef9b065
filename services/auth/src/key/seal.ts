import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Secret } from '@lading/platform';

// A private key at rest: version (1 byte), salt (16), nonce (12), tag (16), then the key under AES-256-GCM. The cipher
// key is derived from the key secret and the salt (HKDF-SHA-256), so no two rows share one and the random nonce cannot
// repeat under it. The key id is authenticated with it: a sealed key put into another row does not open.

const VERSION = 1;
const SALT = 16;
const NONCE = 12;
const TAG = 16;
const HEAD = 1 + SALT + NONCE + TAG;

/** Seals private keys with the installation's key secret. */
export class KeySealer {
  constructor(private readonly secret: Secret) {}

  seal(kid: string, plain: Buffer): Buffer {
    const salt = randomBytes(SALT);
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.cipherKey(salt), nonce).setAAD(Buffer.from(kid));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), salt, nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws WrongKeySecret */
  open(kid: string, sealed: Buffer): Buffer {
    if (sealed.length < HEAD || sealed[0] !== VERSION) throw new WrongKeySecret();
    const salt = sealed.subarray(1, 1 + SALT);
    const nonce = sealed.subarray(1 + SALT, 1 + SALT + NONCE);
    const tag = sealed.subarray(1 + SALT + NONCE, HEAD);
    const decipher = createDecipheriv('aes-256-gcm', this.cipherKey(salt), nonce, { authTagLength: TAG });
    decipher.setAAD(Buffer.from(kid)).setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEAD)), decipher.final()]);
    } catch (error) {
      throw new WrongKeySecret({ cause: error });
    }
  }

  private cipherKey(salt: Buffer): Buffer {
    return Buffer.from(hkdfSync('sha256', this.secret.reveal(), salt, 'lading signing key', 32));
  }
}

/** The secret at hand is not the one that the signing keys were sealed with. One line, fit to be shown at the start. */
export class WrongKeySecret extends Error {
  override readonly name = 'WrongKeySecret';

  constructor(options?: ErrorOptions) {
    super(
      'LADING_KEY_SECRET does not open the signing keys in the database; give the secret that they were sealed with',
      options,
    );
  }
}
