import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Session } from './session.entity';

/** A refresh token that was exchanged for its child; whoever brings it again may be a thief. */
@Entity('used_refresh_tokens')
export class UsedRefreshToken {
  /** SHA-256 of the token. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'pk_used_refresh_tokens' })
  hash: Buffer;

  @Index('ix_used_refresh_tokens_session_id')
  @Column('uuid', { name: 'session_id' })
  sessionId: string;

  @ManyToOne(() => Session, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'session_id', foreignKeyConstraintName: 'fk_used_refresh_tokens_session_id' })
  session?: Relation<Session>;
}
