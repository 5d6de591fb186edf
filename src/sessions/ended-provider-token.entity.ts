import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A provider token ended by a sign-out; kept for a day after it expires. */
@Entity('ended_provider_tokens')
@Index('ix_ended_provider_tokens_issuer_subject', ['issuer', 'subject'])
export class EndedProviderToken {
  /** SHA-256 of what the signature covers: an ECDSA signature has two valid forms. */
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
