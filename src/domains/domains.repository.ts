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

  /** All domains, ordered by name. */
  findAll(): Promise<Domain[]> {
    return this.database.read((manager) => manager.find(Domain, { order: { name: 'ASC', key: 'ASC' } }));
  }

  /** The id of the domain of new users. */
  findDefaultId(manager: EntityManager): Promise<string | undefined> {
    return manager
      .findOne(Domain, { where: { isDefault: true }, select: { id: true } })
      .then((domain) => domain?.id);
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

  /** Removes every assignment of a user, whoever gave it; answers the ids of the domains. */
  async deleteAssignmentsOf(userId: string, manager: EntityManager): Promise<string[]> {
    // A DELETE alone would leave to providers what they give too.
    await manager.query(
      `UPDATE user_domains SET given_by_hand = true, provider_issuers = '{}'
       WHERE user_id = $1 AND provider_issuers <> '{}'`,
      [userId],
    );
    const [removed] = await manager.query<[{ domain_id: string }[], number]>(
      'DELETE FROM user_domains WHERE user_id = $1 RETURNING domain_id',
      [userId],
    );
    return removed.map(({ domain_id }) => domain_id);
  }

  /**
   * Makes the assignments that a provider gives those to the domains named. What was given by hand, or by another provider, stays.
   */
  async replaceOfProvider(
    userId: string,
    issuer: string,
    keys: readonly string[],
    manager: EntityManager,
  ): Promise<void> {
    const parameters = [userId, issuer, keys];
    const isUnlisted = `a.user_id = $1 AND d.id = a.domain_id AND d.key <> ALL ($3)`;
    await manager.query(
      `UPDATE user_domains a SET provider_issuers = array_remove(a.provider_issuers, $2) FROM domains d
       WHERE ${isUnlisted} AND $2 = ANY (a.provider_issuers)
         AND (a.given_by_hand OR cardinality(a.provider_issuers) > 1)`,
      parameters,
    );
    await manager.query(
      `DELETE FROM user_domains a USING domains d
       WHERE ${isUnlisted} AND a.provider_issuers = ARRAY[$2] AND NOT a.given_by_hand`,
      parameters,
    );
    await manager.query(
      `INSERT INTO user_domains AS a (user_id, domain_id, given_by_hand, provider_issuers)
       SELECT $1, id, false, ARRAY[$2] FROM domains WHERE key = ANY ($3)
       ON CONFLICT (user_id, domain_id) DO UPDATE SET provider_issuers = array_append(a.provider_issuers, $2)
       WHERE $2 <> ALL (a.provider_issuers)`,
      parameters,
    );
  }
}
