import {
  Check,
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  Unique,
  type Relation,
} from 'typeorm';
import { User } from '../users/user.entity';

/** A user's identity at a provider: a subject has one user; a user has one subject of an issuer, and possibly further ones. */
@Entity('user_identities')
@Unique('uq_user_identities_user_id_issuer', ['userId', 'issuer', 'furtherSubject'])
@Check('ck_user_identities_further_subject', `further_subject IN ('', subject)`)
@Index('ix_user_identities_issuer_subject_claim', ['issuer', 'subjectClaim'])
export class UserIdentity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_user_identities' })
  issuer: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_user_identities' })
  subject: string;

  /** The claim that the subject came from. */
  @Column('text', { name: 'subject_claim', default: 'sub' })
  subjectClaim: string;

  /** Equals `subject` in a further identity of the same user and issuer; otherwise empty. */
  @Column('text', { name: 'further_subject', default: '' })
  furtherSubject: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  /** The name that the provider last sent; null until it sends one. */
  @Column('text', { nullable: true })
  name: string | null;

  /** The picture that the provider last sent; null until it sends one. */
  @Column('text', { name: 'avatar_url', nullable: true })
  avatarUrl: string | null;

  /** When the token whose claims were last applied was issued; an older token changes nothing. */
  @Column('timestamptz', { name: 'claims_issued_at' })
  claimsIssuedAt: Date;

  /** Tokens with an `iat` up to this are refused: too many ended to store each, or the provider's clock is ahead. */
  @Column('timestamptz', { name: 'tokens_refused_until', nullable: true })
  tokensRefusedUntil: Date | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'fk_user_identities_user_id' })
  user?: Relation<User>;
}
