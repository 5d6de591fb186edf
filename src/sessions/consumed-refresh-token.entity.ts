import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Session } from './session.entity';

/**
 * A refresh token that was exchanged for its child and does not say so itself: one of version 1.0.0. Replicas of that version
 * look for the parent of a retry here, so that the last parent of a session has a row as well.
 */
@Entity('used_refresh_tokens')
export class ConsumedRefreshToken {
  /** SHA-256 of the token. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'pk_used_refresh_tokens' })
  hash: Buffer;

  @Index('ix_used_refresh_tokens_session_id')
  @Column('uuid', { name: 'session_id' })
  sessionId: string;

  /** Whether the next exchange may remove it: its family and generation prove what it is. */
  @Column('boolean', { name: 'is_replaceable', default: false })
  isReplaceable: boolean;

  @ManyToOne(() => Session, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'session_id', foreignKeyConstraintName: 'fk_used_refresh_tokens_session_id' })
  session?: Relation<Session>;
}
