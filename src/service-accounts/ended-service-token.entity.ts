import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A service token that was revoked before it expired. */
@Entity('ended_service_tokens')
export class EndedServiceToken {
  /** Its `jti`. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_ended_service_tokens' })
  id: string;

  @Index('ix_ended_service_tokens_expires_at')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
