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
import { Domain } from './domain.entity';

/** The assignment of a person to a business domain. */
@Index('ix_user_domains_order', { synchronize: false })
@Entity('user_domains')
@Check('ck_user_domains_given', `given_by_hand OR provider_issuers <> '{}'`)
@Unique('uq_user_domains_user_id_domain_id', ['userId', 'domainId'])
export class UserDomain {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_user_domains' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @Index('ix_user_domains_domain_id')
  @Column('uuid', { name: 'domain_id' })
  domainId: string;

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
  @Column('timestamptz', { name: 'assigned_at', nullable: true, default: () => 'now()' })
  assignedAt: Date | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'fk_user_domains_user_id' })
  user?: Relation<User>;

  @ManyToOne(() => Domain, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'domain_id', foreignKeyConstraintName: 'fk_user_domains_domain_id' })
  domain?: Relation<Domain>;
}
