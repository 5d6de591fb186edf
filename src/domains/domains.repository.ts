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

  /** Makes the assignments that come from a provider those to the domains given, and leaves every other one alone. */
  async replaceOfProvider(
    userId: string,
    issuer: string,
    keys: readonly string[],
    manager: EntityManager,
  ): Promise<void> {
    const parameters = [userId, issuer, keys];
    await manager.query(
      `DELETE FROM user_domains a USING domains d
       WHERE a.user_id = $1 AND a.provider_issuer = $2 AND d.id = a.domain_id AND d.key <> ALL ($3)`,
      parameters,
    );
    await manager.query(
      `INSERT INTO user_domains (user_id, domain_id, provider_issuer)
       SELECT $1, id, $2 FROM domains WHERE key = ANY ($3)
       ON CONFLICT (user_id, domain_id) DO NOTHING`,
      parameters,
    );
  }
}
