import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { PlatformRole } from '../security/identity-context';

/** A person. */
@Entity('users')
@Unique('uq_users_email', ['email'])
@Check('ck_users_email_normalised', `email = lower(email) AND octet_length(email) BETWEEN 3 AND 254`)
@Check('ck_users_role', `role IN ('user', 'admin')`)
@Index('ix_users_admins', ['id'], { where: `role = 'admin'` })
@Index('ix_users_inactive', ['id'], { where: 'NOT is_active' })
@Index('ix_users_by_created_at', { synchronize: false })
@Index('ix_users_by_email', { synchronize: false })
@Index('ix_users_by_name', { synchronize: false })
@Index('ix_users_by_word_1', { synchronize: false })
@Index('ix_users_by_word_2', { synchronize: false })
@Index('ix_users_by_word_3', { synchronize: false })
@Index('ix_users_by_word_4', { synchronize: false })
@Index('ix_users_by_word_5', { synchronize: false })
@Index('ix_users_by_word_6', { synchronize: false })
@Index('ix_users_long_names', { synchronize: false })
@Index('ix_users_unusual_names', { synchronize: false })
export class User {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_users' })
  id: string;

  /** Normalised by `normaliseEmail`. */
  @Column('text')
  email: string;

  @Column('text')
  name: string;

  /** The name without case: the database sets it, whoever writes the row. Lists are ordered and searched by it. */
  @Column('text', { name: 'name_key', nullable: true, select: false })
  nameKey: string | null;

  /** The same with one space between words. */
  @Column('text', { name: 'name_words', nullable: true, select: false })
  nameWords: string | null;

  /** The database keeps the last active `admin`. */
  @Column('text', { default: 'user' })
  role: PlatformRole;

  /** Absent for people who only come through a provider or the development headers. Read only where asked for. */
  @Column('text', { name: 'password_hash', nullable: true, select: false })
  passwordHash: string | null;

  /** Whether the password was chosen by somebody else: it opens nothing but its change. */
  @Column('boolean', { name: 'must_change_password', default: false })
  mustChangePassword: boolean;

  /** Which credentials these are: the database raises it when the password becomes another, not when its hash does. */
  @Column('integer', { name: 'credentials_version', default: 0 })
  credentialsVersion: number;

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

  /** When something last changed that an administrator sees; the database sets it, and it only moves forwards. */
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt: Date;

  /** When the last session was opened; null before the first one since version 1.1.0. */
  @Column('timestamptz', { name: 'last_sign_in_at', nullable: true })
  lastSignInAt: Date | null;
}
