import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A person. */
@Entity('users')
@Unique('uq_users_email', ['email'])
@Check('ck_users_email_normalised', `email = lower(email) AND octet_length(email) BETWEEN 3 AND 254`)
export class User {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_users' })
  id: string;

  /** Normalised by `normaliseEmail`. */
  @Column('text')
  email: string;

  @Column('text')
  name: string;

  /** Absent for people who only come through a provider or the development headers. Read only where asked for. */
  @Column('text', { name: 'password_hash', nullable: true, select: false })
  passwordHash: string | null;

  @Column('text', { name: 'avatar_url', nullable: true })
  avatarUrl: string | null;

  /** Whoever is not active is refused everywhere. */
  @Column('boolean', { name: 'is_active', default: true })
  isActive: boolean;

  /** Since when somebody vouches that the address is this person's; null after a registration. */
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt: Date | null;

  /** What was issued to the user earlier is refused. The database moves it when `isActive` changes, and never backwards. */
  @Column('timestamptz', { name: 'tokens_not_before', nullable: true })
  tokensNotBefore: Date | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
