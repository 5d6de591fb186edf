import { Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** An organisational team. */
@Entity('teams')
@Unique('uq_teams_name', ['name'])
@Unique('uq_teams_external_ref', ['externalRef'])
@Index('ix_teams_is_default', ['isDefault'], { unique: true, where: 'is_default' })
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

  /** Whether new users join it. Setting it takes it from the other one; the database deletes no default. */
  @Column('boolean', { name: 'is_default', default: false })
  isDefault: boolean;
}
