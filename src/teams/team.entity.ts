import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** An organisational team. */
@Entity('teams')
@Unique('uq_teams_name', ['name'])
@Unique('uq_teams_external_ref', ['externalRef'])
export class Team {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_teams' })
  id: string;

  @Column('text')
  name: string;

  /** Name of the team elsewhere, for example of a group at the identity provider. */
  @Column('text', { name: 'external_ref', nullable: true })
  externalRef: string | null;

  @Column('boolean', { name: 'is_active', default: true })
  isActive: boolean;
}
