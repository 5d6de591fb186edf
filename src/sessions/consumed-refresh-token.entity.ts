import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Session } from './session.entity';

/**
 * An exchanged refresh token whose own bytes do not prove that: one of version 1.0.0. Replicas of that version look up the
 * parent of a retry here, so the last parent of each session has a row as well.
 */
@Entity('used_refresh_tokens')
export class ConsumedRefreshToken {
  /** SHA-256 of the token. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'pk_used_refresh_tokens' })
  hash: Buffer;

  @Index('ix_used_refresh_tokens_session_id')
  @Column('uuid', { name: 'session_id' })
  sessionId: string;

  /** Whether the next exchange may remove the row: family and generation prove that the token was exchanged. */
  @Column('boolean', { name: 'is_replaceable', default: false })
  isReplaceable: boolean;

  @ManyToOne(() => Session, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'session_id', foreignKeyConstraintName: 'fk_used_refresh_tokens_session_id' })
  session?: Relation<Session>;
}
