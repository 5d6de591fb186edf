import type { EntityManager } from 'typeorm';
import { DEFAULT_DOMAIN_KEY, DEFAULT_TEAM_NAME, SEED_DOMAINS, SEED_TEAMS } from './seed-data';

/** The outcome for one default row. */
export interface SeedOutcome {
  /** Such as `team:General`. */
  readonly key: string;
  /** `kept`: it existed already. `removed`: created before, then removed or renamed by an operator. */
  readonly outcome: 'created' | 'kept' | 'removed';
}

/** One default row and the statements that find and insert it. */
interface SeedRow {
  readonly key: string;
  readonly exists: string;
  readonly insert: string;
  /** Parameters of `exists`. */
  readonly identity: readonly unknown[];
  /** Parameters of `insert`. */
  readonly values: readonly unknown[];
}

const ROWS: readonly SeedRow[] = [
  ...SEED_TEAMS.map(({ name, externalRef }) => ({
    key: `team:${name}`,
    exists: 'SELECT FROM teams WHERE name = $1 OR external_ref = $2',
    insert: `
      INSERT INTO teams (name, external_ref, is_default)
      VALUES ($1, $2, $3 AND NOT EXISTS (SELECT FROM teams WHERE is_default))`,
    identity: [name, externalRef],
    values: [name, externalRef, name === DEFAULT_TEAM_NAME],
  })),
  ...SEED_DOMAINS.map(({ key, name }) => ({
    key: `domain:${key}`,
    exists: 'SELECT FROM domains WHERE key = $1',
    insert: `
      INSERT INTO domains (key, name, is_default)
      VALUES ($1, $2, $3 AND NOT EXISTS (SELECT FROM domains WHERE is_default))`,
    identity: [key],
    values: [key, name, key === DEFAULT_DOMAIN_KEY],
  })),
];

/**
 * Creates the default teams and domains, each only once per database: what an operator changed, renamed or removed afterwards
 * stays so. Runs under the migration lock.
 */
export class Seeder {
  constructor(private readonly manager: EntityManager) {}

  /** Seeds rows that were never seeded; with `restore`, also removed ones. Answers one outcome per row. */
  run(restore = false): Promise<SeedOutcome[]> {
    return this.manager.transaction(async (manager) => {
      const applied = await manager.query<{ key: string }[]>('SELECT key FROM applied_seeds');
      const appliedKeys = new Set(applied.map(({ key }) => key));
      const outcomes: SeedOutcome[] = [];
      for (const row of ROWS) {
        const outcome = await this.seed(manager, row, appliedKeys.has(row.key) && !restore);
        outcomes.push({ key: row.key, outcome });
      }
      await this.completePaths(manager);
      return outcomes;
    });
  }

  private async seed(
    manager: EntityManager,
    row: SeedRow,
    applied: boolean,
  ): Promise<SeedOutcome['outcome']> {
    const found = await manager.query<unknown[]>(row.exists, [...row.identity]);
    if (found.length > 0 || applied) {
      if (!applied) await this.remember(manager, row.key); // the serving role may not write here
      return found.length > 0 ? 'kept' : 'removed';
    }
    await manager.query(row.insert, [...row.values]);
    await this.remember(manager, row.key);
    return 'created';
  }

  /** A restore with triggers switched off has brought domains without their path. */
  private async completePaths(manager: EntityManager): Promise<void> {
    const without = 'is_active AND active_path IS NULL';
    const found = await manager.query<unknown[]>(`SELECT FROM domains WHERE ${without} LIMIT 1`);
    if (found.length > 0) await manager.query(`UPDATE domains SET is_active = is_active WHERE ${without}`);
  }

  private async remember(manager: EntityManager, key: string): Promise<void> {
    await manager.query('INSERT INTO applied_seeds (key) VALUES ($1) ON CONFLICT DO NOTHING', [key]);
  }
}
