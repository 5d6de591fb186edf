import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A default row that was created once, so that it is not created again after an operator removed or renamed it. */
@Entity('applied_seeds')
export class AppliedSeed {
  /** Such as `team:General`. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_applied_seeds' })
  key: string;

  @Column('timestamptz', { name: 'applied_at', default: () => 'now()' })
  appliedAt: Date;
}
