import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A token of a provider that its user signed out with; kept for a day after it expires. */
@Entity('ended_provider_tokens')
@Index('ix_ended_provider_tokens_issuer_subject', ['issuer', 'subject'])
export class EndedProviderToken {
  /** SHA-256 of what its signature covers: a signature can be spelt in two ways (ECDSA). */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'pk_ended_provider_tokens' })
  hash: Buffer;

  @Column('text')
  issuer: string;

  @Column('text')
  subject: string;

  @Column('timestamptz', { name: 'issued_at' })
  issuedAt: Date;

  @Index('ix_ended_provider_tokens_expires_at')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
