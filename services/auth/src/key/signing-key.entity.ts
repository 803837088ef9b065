import type { JWK } from 'jose';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key pair that signs access tokens. */
@Entity({ schema: 'auth', name: 'signing_key' })
export class SigningKey {
  @PrimaryColumn('text')
  kid!: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk!: JWK;

  /** The private half as `KeySealer` seals it. */
  @Column('bytea', { name: 'sealed_private' })
  sealedPrivate!: Buffer;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false })
  createdAt!: Date;

  /** Since when the key is no longer published; null: it is. */
  @Column({ type: 'timestamptz', name: 'retired_at', nullable: true })
  retiredAt!: Date | null;
}
