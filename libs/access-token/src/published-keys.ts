import type { GetKeysResponse } from '@lading/proto';
import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import { TOKEN_ALGORITHM } from './access-token-claims.js';
import { InvalidToken } from './invalid-token.js';

/** Least milliseconds between two reads for an unknown key id, which anybody can make up. */
const REREAD_AFTER_MS = 3_000;
/** Milliseconds after which the keys are read again even so: a retired key ends here. */
const FRESH_MS = 5 * 60_000;

/** P-256 only: an HMAC or RSA key in the set would open the door to a confusion of algorithms. */
const keySet = z.object({
  keys: z.array(
    z.object({
      kid: z.string().min(1),
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      alg: z.literal(TOKEN_ALGORITHM),
    }),
  ),
});

export interface PublishedKeysOptions {
  /** Asks `auth`, as `AuthPort.getKeys({})` does. */
  readonly getKeys: () => Promise<GetKeysResponse>;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

interface KeySnapshot {
  readonly issuer: string;
  readonly keys: ReadonlyMap<string, CryptoKey>;
}

/**
 * The public keys of the installation, held in memory. They are read at the first use, when a token names a key id
 * that is not among them (a key that was just rotated in), and when they have grown old. A failed read is an error
 * only while there are no keys at all or the key id is unknown: known keys go on working while `auth` is away.
 */
export class PublishedKeys {
  private snapshot: KeySnapshot | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<KeySnapshot> | undefined;

  constructor(private readonly options: PublishedKeysOptions) {}

  /** @throws InvalidToken for an unknown key id; what `getKeys` throws when the keys cannot be read. */
  async find(kid: string): Promise<{ readonly issuer: string; readonly key: CryptoKey }> {
    let snapshot = this.snapshot ?? (await this.read());
    const age = this.options.now() - this.readAt;
    if (!snapshot.keys.has(kid) && age >= REREAD_AFTER_MS) snapshot = await this.read();
    else if (age >= FRESH_MS) snapshot = await this.read().catch(() => snapshot);
    const key = snapshot.keys.get(kid);
    if (key === undefined) throw new InvalidToken('unknown key id');
    return { issuer: snapshot.issuer, key };
  }

  /** Callers that come while a read runs share it. */
  private read(): Promise<KeySnapshot> {
    this.reading ??= this.readNow().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readNow(): Promise<KeySnapshot> {
    this.readAt = this.options.now();
    const { jwks, issuer } = await this.options.getKeys();
    const { keys } = keySet.parse(JSON.parse(jwks));
    const imported = keys.map(async (jwk) => [jwk.kid, (await importJWK(jwk, TOKEN_ALGORITHM)) as CryptoKey] as const);
    this.snapshot = { issuer, keys: new Map(await Promise.all(imported)) };
    return this.snapshot;
  }
}
