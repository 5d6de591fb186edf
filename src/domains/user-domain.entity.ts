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
import { Domain } from './domain.entity';

/** The assignment of a person to a business domain. */
@Entity('user_domains')
@Unique('uq_user_domains_user_id_domain_id', ['userId', 'domainId'])
export class UserDomain {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_user_domains' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @Index('ix_user_domains_domain_id')
  @Column('uuid', { name: 'domain_id' })
  domainId: string;

  /** The provider whose groups gave it and may take it away; null when it was given by hand. */
  @Column('text', { name: 'provider_issuer', nullable: true })
  providerIssuer: string | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'fk_user_domains_user_id' })
  user?: Relation<User>;

  @ManyToOne(() => Domain, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'domain_id', foreignKeyConstraintName: 'fk_user_domains_domain_id' })
  domain?: Relation<Domain>;
}
