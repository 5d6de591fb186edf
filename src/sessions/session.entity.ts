import {
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  Unique,
  type Relation,
} from 'typeorm';
import { User } from '../users/user.entity';

/** A user's sign-in on one device. It is active until it is ended, idle for too long, or too old. */
@Entity('sessions')
@Unique('uq_sessions_current_token_hash', ['currentTokenHash'])
@Unique('uq_sessions_token_family', ['tokenFamily'])
@Index('ix_sessions_living', ['userId', 'createdAt'], { where: 'ended_at IS NULL' })
@Index('ix_sessions_ended', ['userId', 'endedAt'], { where: 'ended_at IS NOT NULL' })
@Index('ix_sessions_ended_at', ['endedAt'], { where: 'ended_at IS NOT NULL' })
export class Session {
  /** The `sid` claim of its access tokens. */
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_sessions' })
  id: string;

  @Index('ix_sessions_user_id')
  @Column('uuid', { name: 'user_id' })
  userId: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  /** When it was last refreshed. */
  @Column('timestamptz', { name: 'last_used_at', default: () => 'now()' })
  lastUsedAt: Date;

  /** When it expires at the latest. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  /** When it expires unless it is refreshed; never after `expiresAt`. */
  @Index('ix_sessions_idle_expires_at')
  @Column('timestamptz', { name: 'idle_expires_at' })
  idleExpiresAt: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;

  @Column('text', { name: 'end_reason', nullable: true })
  endReason: string | null;

  /** SHA-256 of the current refresh token. */
  @Column('bytea', { name: 'current_token_hash' })
  currentTokenHash: Buffer;

  /** SHA-256 of its parent, accepted for retries within the grace period. */
  @Column('bytea', { name: 'previous_token_hash', nullable: true })
  previousTokenHash: Buffer | null;

  @Column('timestamptz', { name: 'rotated_at', nullable: true })
  rotatedAt: Date | null;

  /** When the user last authenticated; null when that was at `createdAt`. */
  @Column('timestamptz', { name: 'reauthenticated_at', nullable: true })
  authenticatedAt: Date | null;

  /** How the user authenticated: `amr` values (RFC 8176). */
  @Column('text', { name: 'authentication_methods', array: true, default: ['pwd'] })
  authMethods: string[];

  /** Raised when all earlier tokens end and the session continues; the claim `session_version` of its access tokens. */
  @Column('integer', { name: 'token_version', default: 0 })
  tokenVersion: number;

  /** The first bytes of all its refresh tokens; null for a session of version 1.0.0 until its next exchange. */
  @Column('bytea', { name: 'token_family', nullable: true })
  tokenFamily: Buffer | null;

  /** The generation of the newest refresh token. */
  @Column('integer', { name: 'token_generation', default: 0 })
  tokenGeneration: number;

  /** Random salt of the last exchange; the child is derived from key, parent and this. */
  @Column('bytea', { name: 'exchange_salt', nullable: true })
  exchangeSalt: Buffer | null;

  /** User agent of the last exchange, or the last one known; a retry must send the same. */
  @Column('text', { name: 'exchange_user_agent', nullable: true })
  exchangeUserAgent: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  @Column('text', { name: 'ip_address', nullable: true })
  ipAddress: string | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'fk_sessions_user_id' })
  user?: Relation<User>;
}
