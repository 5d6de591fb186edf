import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database';
import { Domain } from './domain.entity';
import { UserDomain } from './user-domain.entity';

/** The statements on `domains` and `user_domains`. */
@Injectable()
export class DomainsRepository {
  constructor(private readonly database: Database) {}

  /** All active domains, ordered by name. */
  findActive(): Promise<Domain[]> {
    return this.database.read((manager) =>
      manager.find(Domain, { where: { isActive: true }, order: { name: 'ASC', key: 'ASC' } }),
    );
  }

  findIdByKey(key: string, manager: EntityManager): Promise<string | undefined> {
    return manager.findOne(Domain, { where: { key }, select: { id: true } }).then((domain) => domain?.id);
  }

  /** Makes the assignment unless it is there. */
  async insertAssignment(userId: string, domainId: string, manager: EntityManager): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(UserDomain)
      .values({ userId, domainId })
      .orIgnore()
      .execute();
  }
}
