import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database';
import { Domain } from './domain.entity';

/** What can be changed of a domain; what is undefined stays. */
export interface DomainChanges {
  readonly key?: string | undefined;
  readonly name?: string | undefined;
  readonly parentDomainId?: string | null | undefined;
  readonly isActive?: boolean | undefined;
  readonly isDefault?: boolean | undefined;
}

/** A domain to be. */
export interface NewDomain {
  readonly key: string;
  readonly name: string;
  readonly parentDomainId: string | null;
}

/** The statements on single domains and on their tree, for those who administer them. */
@Injectable()
export class DomainAdministrationRepository {
  constructor(private readonly database: Database) {}

  find(id: string): Promise<Domain | null> {
    return this.database.read((manager) => manager.findOne(Domain, { where: { id } }));
  }

  /**
   * Waits until no other transaction changes the tree, and keeps it so until this one ends. Taken before any domain is locked,
   * as the triggers of the tree take it, so that no two transactions wait for each other.
   */
  async lockTree(manager: EntityManager): Promise<void> {
    await manager.query(`SELECT take_turn('domain-tree')`);
  }

  /** The row stays locked until the transaction ends; whoever refers to it does not wait. */
  lock(id: string, manager: EntityManager): Promise<Domain | null> {
    return manager.findOne(Domain, { where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** Whether there is such a domain; it stays until the transaction ends. */
  async keep(id: string, manager: EntityManager): Promise<boolean> {
    const rows = await manager.query<unknown[]>('SELECT FROM domains WHERE id = $1 FOR KEY SHARE', [id]);
    return rows.length === 1;
  }

  /** Answers the new domain; constraints decide whether its key is free and its place not too deep. */
  async insert(domain: NewDomain, manager: EntityManager): Promise<Domain> {
    const { raw } = (await manager
      .createQueryBuilder()
      .insert()
      .into(Domain)
      .values({ ...domain })
      .returning('id')
      .execute()) as { raw: [{ id: string }] };
    const [{ id }] = raw;
    return manager.findOneOrFail(Domain, { where: { id } });
  }

  /** Answers the domain as changed; constraints refuse cycles and more than 32 levels. */
  async update(id: string, changes: DomainChanges, manager: EntityManager): Promise<Domain> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length > 0) await manager.update(Domain, { id }, given);
    return manager.findOneOrFail(Domain, { where: { id } });
  }

  hasChildren(id: string, manager: EntityManager): Promise<boolean> {
    return manager.existsBy(Domain, { parentDomainId: id });
  }

  /** Puts those right below a domain to where that is; answers how many. */
  async moveChildrenUp({ id, parentDomainId }: Domain, manager: EntityManager): Promise<number> {
    const { affected } = await manager.update(Domain, { parentDomainId: id }, { parentDomainId });
    return affected ?? 0;
  }

  /** Its assignments go with it. */
  async delete(id: string, manager: EntityManager): Promise<void> {
    await manager.delete(Domain, { id });
  }
}
