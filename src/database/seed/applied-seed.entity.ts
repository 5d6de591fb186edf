import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Remembers which default rows were made once, so that one that an operator removed or renamed stays so. */
@Entity('applied_seeds')
export class AppliedSeed {
  /** Such as `team:General`. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_applied_seeds' })
  key: string;

  @Column('timestamptz', { name: 'applied_at', default: () => 'now()' })
  appliedAt: Date;
}
