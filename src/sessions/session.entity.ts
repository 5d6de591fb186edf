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

/** A person's sign-in on one device. It lives until it is ended, unused for too long, or too old. */
@Entity('sessions')
@Unique('uq_sessions_current_token_hash', ['currentTokenHash'])
@Unique('uq_sessions_token_family', ['tokenFamily'])
@Index('ix_sessions_living', ['userId', 'createdAt'], { where: 'ended_at IS NULL' })
@Index('ix_sessions_ended', ['userId', 'endedAt'], { where: 'ended_at IS NOT NULL' })
@Index('ix_sessions_ended_at', ['endedAt'], { where: 'ended_at IS NOT NULL' })
export class Session {
  /** The `sid` of the access tokens. */
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

  /** The absolute end. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  /** The end unless it is refreshed before; never after `expiresAt`. */
  @Index('ix_sessions_idle_expires_at')
  @Column('timestamptz', { name: 'idle_expires_at' })
  idleExpiresAt: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;

  @Column('text', { name: 'end_reason', nullable: true })
  endReason: string | null;

  /** SHA-256 of the refresh token that is good now. */
  @Column('bytea', { name: 'current_token_hash' })
  currentTokenHash: Buffer;

  /** SHA-256 of its parent, which is good for retries within the grace. */
  @Column('bytea', { name: 'previous_token_hash', nullable: true })
  previousTokenHash: Buffer | null;

  @Column('timestamptz', { name: 'rotated_at', nullable: true })
  rotatedAt: Date | null;

  /** When the user last proved who they are; null: when it was opened. */
  @Column('timestamptz', { name: 'reauthenticated_at', nullable: true })
  authenticatedAt: Date | null;

  /** How they proved it, in the words of RFC 8176 (`amr`). */
  @Column('text', { name: 'authentication_methods', array: true, default: ['pwd'] })
  authMethods: string[];

  /** Raised when all tokens of before end and the session goes on; its access tokens name it. */
  @Column('integer', { name: 'token_version', default: 0 })
  tokenVersion: number;

  /** What all its refresh tokens begin with; null until the next exchange of a session that version 1.0.0 opened. */
  @Column('bytea', { name: 'token_family', nullable: true })
  tokenFamily: Buffer | null;

  /** The generation of the newest refresh token of the family. */
  @Column('integer', { name: 'token_generation', default: 0 })
  tokenGeneration: number;

  /** Drawn at random for the last exchange: with the key and the parent it makes the child. */
  @Column('bytea', { name: 'exchange_salt', nullable: true })
  exchangeSalt: Buffer | null;

  /** What the client of the last exchange called itself, or was last known to: its retries come from the same. */
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
