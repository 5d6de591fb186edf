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
import type { Scope } from '../security/permissions';
import { User } from '../users/user.entity';

/** Another service as a caller. */
@Entity('service_accounts')
@Unique('uq_service_accounts_name', ['name'])
export class ServiceAccount {
  /** The `client_id`. */
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'pk_service_accounts' })
  id: string;

  @Column('text')
  name: string;

  /** What its keys may be used for. */
  @Column('text', { array: true })
  scopes: Scope[];

  /** The user with whom its keys end; null when an operator made it, or when the owner was deleted. */
  @Index('ix_service_accounts_owner_id')
  @Column('uuid', { name: 'owner_id', nullable: true })
  ownerId: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @ManyToOne(() => User, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'fk_service_accounts_owner_id' })
  owner?: Relation<User>;
}
