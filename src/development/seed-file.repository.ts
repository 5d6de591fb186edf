import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ADVISORY_LOCKS, lockForTransaction } from '../database/advisory-locks';

/** Statements that insert test data. None changes existing rows. */
@Injectable()
export class SeedFileRepository {
  /** Serialises processes that start together; held until the transaction ends. */
  lock(manager: EntityManager): Promise<void> {
    return lockForTransaction(ADVISORY_LOCKS.seedFile, manager);
  }

  /** The normalised addresses that have a user. */
  async findExisting(emails: readonly string[], manager: EntityManager): Promise<Set<string>> {
    const rows = await manager.query<{ email: string }[]>('SELECT email FROM users WHERE email = ANY ($1)', [
      emails,
    ]);
    return new Set(rows.map(({ email }) => email));
  }

  async insertTeam(name: string, externalRef: string | null, manager: EntityManager): Promise<void> {
    await manager.query('INSERT INTO teams (name, external_ref) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      name,
      externalRef,
    ]);
  }

  async insertDomain(
    key: string,
    name: string,
    parentKey: string | null,
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO domains (key, name, parent_domain_id)
       VALUES ($1, $2, (SELECT id FROM domains WHERE key = $3)) ON CONFLICT (key) DO NOTHING`,
      [key, name, parentKey],
    );
  }
}
