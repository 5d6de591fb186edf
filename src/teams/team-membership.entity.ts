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
import { Team } from './team.entity';

/** A person's place in a team. */
@Entity('team_memberships')
@Unique('uq_team_memberships_user_id_team_id', ['userId', 'teamId'])
export class TeamMembership {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_team_memberships' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @Index('ix_team_memberships_team_id')
  @Column('uuid', { name: 'team_id' })
  teamId: string;

  @Column('text', { nullable: true })
  role: string | null;

  /** The provider whose groups gave it and may take it away; null when it was given by hand. */
  @Column('text', { name: 'provider_issuer', nullable: true })
  providerIssuer: string | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'fk_team_memberships_user_id' })
  user?: Relation<User>;

  @ManyToOne(() => Team, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'team_id', foreignKeyConstraintName: 'fk_team_memberships_team_id' })
  team?: Relation<Team>;
}
