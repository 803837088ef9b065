import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Unavailable } from '@lading/oci';
import type { JWK } from 'jose';
import type { DataSource } from 'typeorm';
import type { KeySealer } from './seal.js';
import { chooseSigningKey } from './signing-key.js';
import { listPublishedKeys, type StoredKey } from './signing-key-store.js';

/** Milliseconds after which the keys are read again, so that every replica knows a new one before it signs. */
export const KEYS_FRESH_MS = 10_000;

export interface CurrentKey {
  readonly kid: string;
  readonly key: KeyObject;
}

/** The signing keys of the database, opened and held for a few seconds. */
export class KeyRing {
  private stored: Promise<StoredKey[]> | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private readonly opened = new Map<string, KeyObject>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly sealer: KeySealer,
    private readonly now: () => number = Date.now,
  ) {}

  /** The key that signs now. @throws WrongKeySecret; Unavailable when the database has no key. */
  async current(): Promise<CurrentKey> {
    const [first, ...more] = await this.published();
    if (first === undefined) throw new Unavailable('there is no signing key');
    const { kid, sealedPrivate } = chooseSigningKey([first, ...more]);
    return { kid, key: this.open(kid, sealedPrivate) };
  }

  /** What verifiers need, oldest first. */
  async publicKeys(): Promise<JWK[]> {
    return (await this.published()).map((key) => key.publicJwk);
  }

  /** One read at a time; a failed one is not kept. */
  private published(): Promise<StoredKey[]> {
    if (this.stored !== undefined && this.now() - this.readAt < KEYS_FRESH_MS) return this.stored;
    this.readAt = this.now();
    const reading = listPublishedKeys(this.dataSource.manager);
    this.stored = reading;
    reading.catch(() => {
      if (this.stored === reading) this.stored = undefined;
    });
    return reading;
  }

  private open(kid: string, sealed: Buffer): KeyObject {
    const known = this.opened.get(kid);
    if (known !== undefined) return known;
    const key = createPrivateKey({ key: this.sealer.open(kid, sealed), type: 'pkcs8', format: 'der' });
    this.opened.clear();
    this.opened.set(kid, key);
    return key;
  }
}
