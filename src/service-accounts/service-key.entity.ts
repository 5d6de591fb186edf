import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ServiceAccount } from './service-account.entity';

/** A key of a service account. A revoked one has no row. */
@Entity('service_keys')
export class ServiceKey {
  /** Part of the key as it is written. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_service_keys' })
  id: string;

  @Index('ix_service_keys_account_id')
  @Column('uuid', { name: 'account_id' })
  accountId: string;

  @Column('text', { nullable: true })
  name: string | null;

  /** SHA-256. */
  @Column('bytea', { name: 'secret_hash' })
  secretHash: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  /** The minute of its last use. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;

  @ManyToOne(() => ServiceAccount, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'account_id', foreignKeyConstraintName: 'fk_service_keys_account_id' })
  account?: Relation<ServiceAccount>;
}
