import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row that says which installation this is. */
@Entity({ schema: 'auth', name: 'installation' })
export class Installation {
  @PrimaryColumn('boolean')
  one!: true;

  /** Issuer of every access token. */
  @Column('uuid')
  id!: string;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false })
  createdAt!: Date;
}
