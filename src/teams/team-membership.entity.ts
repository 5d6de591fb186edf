import {
  Check,
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
import { Team } from './team.entity';

/** What a user may do in a team; null reads as `member`. */
export type TeamRole = 'owner' | 'admin' | 'member';

/** A person's place in a team. */
@Index('ix_team_memberships_order', { synchronize: false })
@Entity('team_memberships')
@Check('ck_team_memberships_role_by_hand', `given_by_hand OR role IS NULL`)
@Check('ck_team_memberships_role', `role IN ('owner', 'admin', 'member')`)
@Check('ck_team_memberships_given', `given_by_hand OR provider_issuers <> '{}'`)
@Index('ix_team_memberships_owners', ['teamId'], { where: `role = 'owner'` })
@Unique('uq_team_memberships_user_id_team_id', ['userId', 'teamId'])
export class TeamMembership {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_team_memberships' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @Index('ix_team_memberships_team_id')
  @Column('uuid', { name: 'team_id' })
  teamId: string;

  /** Given by hand; providers give none. The database keeps the last active owner of a team. */
  @Column('text', { nullable: true })
  role: TeamRole | null;

  /** Whether it was given by hand; no provider takes that back. */
  @Column('boolean', { name: 'given_by_hand', default: true })
  givenByHand: boolean;

  /** The providers whose groups give it, each of which may take its own part back. */
  @Column('text', { name: 'provider_issuers', array: true, default: () => `'{}'` })
  providerIssuers: string[];

  /** What version 1.0.0 knows of those; a trigger keeps it true until the next release removes it. */
  @Column('text', { name: 'provider_issuer', nullable: true })
  providerIssuer: string | null;

  /** Null, which is unknown, for what was given before version 1.1.0. */
  @Column('timestamptz', { name: 'joined_at', nullable: true, default: () => 'now()' })
  joinedAt: Date | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'fk_team_memberships_user_id' })
  user?: Relation<User>;

  @ManyToOne(() => Team, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'team_id', foreignKeyConstraintName: 'fk_team_memberships_team_id' })
  team?: Relation<Team>;
}
