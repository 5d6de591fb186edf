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

/** A business domain; domains form trees. Triggers in the database refuse cycles and more than 32 levels. */
@Entity('domains')
@Unique('uq_domains_key', ['key'])
@Check('ck_domains_parent_is_other', `parent_domain_id <> id`)
@Index('ix_domains_active_path', { synchronize: false })
@Index('ix_domains_is_default', ['isDefault'], { unique: true, where: 'is_default' })
export class Domain {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_domains' })
  id: string;

  /** Short stable name, such as `engineering`. */
  @Column('text')
  key: string;

  @Column('text')
  name: string;

  @Index('ix_domains_parent_domain_id')
  @Column('uuid', { name: 'parent_domain_id', nullable: true })
  parentDomainId: string | null;

  @Column('boolean', { name: 'is_active', default: true })
  isActive: boolean;

  /** Whether new users are assigned to it. Setting it takes it from the other one; the database deletes no default. */
  @Column('boolean', { name: 'is_default', default: false })
  isDefault: boolean;

  /** Where it stands among those that inherit; triggers keep it, and the identity context reads it. */
  @Column({ type: 'bytea', name: 'active_path', nullable: true, select: false, insert: false, update: false })
  activePath?: Buffer | null;

  @ManyToOne(() => Domain, { onDelete: 'RESTRICT' })
  @JoinColumn({ name: 'parent_domain_id', foreignKeyConstraintName: 'fk_domains_parent_domain_id' })
  parent?: Relation<Domain>;
}
