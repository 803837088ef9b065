import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Somebody who can sign in with a name and a password. */
@Entity({ schema: 'auth', name: 'account' })
export class Account {
  /** A bigint; TypeORM gives it as text. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  /** Lower case. */
  @Column('text')
  username!: string;

  /** argon2id in PHC form. */
  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  @Column('boolean', { name: 'is_admin' })
  isAdmin!: boolean;

  /** Since when the account may do nothing; null: it may. */
  @Column({ type: 'timestamptz', name: 'blocked_at', nullable: true })
  blockedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', insert: false })
  updatedAt!: Date;
}
