import { DataSource } from 'typeorm';
import { AllowFurtherSubjects1764500000001 } from '../../migrations/1764500000001-allow-further-subjects';
import { migrationDataSourceOptions } from '../../src/database/data-source-options';
import { useDatabase } from '../support/database/test-database';

describe('going back from further subjects', () => {
  const database = useDatabase();

  it('keeps the first subject of each account and issuer, and all of other issuers', async () => {
    const [user] = await database.query<{ id: string }>(
      `INSERT INTO users (email, name) VALUES ('ada@example.com', 'Ada') RETURNING id`,
    );
    await database.query(
      `INSERT INTO user_identities (issuer, subject, further_subject, user_id, claims_issued_at, created_at) VALUES
         ('a', 'second', 'second', $1, now(), '2026-01-01'), ('a', 'first', '', $1, now(), '2026-02-01'),
         ('b', 'younger', 'younger', $1, now(), '2026-02-01'), ('b', 'older', 'older', $1, now(), '2026-01-01'),
         ('c', 'only', 'only', $1, now(), '2026-01-01')`,
      [user?.id],
    );
    await expect(
      database.query(
        `INSERT INTO user_identities (issuer, subject, further_subject, user_id, claims_issued_at)
         VALUES ('d', 'one', 'another', $1, now())`,
        [user?.id],
      ),
    ).rejects.toMatchObject({ constraint: 'ck_user_identities_further_subject' });
    const source = await new DataSource(migrationDataSourceOptions(database.url)).initialize();
    const runner = source.createQueryRunner();
    const migration = new AllowFurtherSubjects1764500000001();
    await migration.down(runner);
    const left = () => database.query('SELECT issuer, subject FROM user_identities ORDER BY issuer');
    const expected = [
      { issuer: 'a', subject: 'first' },
      { issuer: 'b', subject: 'older' },
      { issuer: 'c', subject: 'only' },
    ];
    expect(await left()).toEqual(expected);
    await migration.up(runner);
    expect(await left()).toEqual(expected);
    await source.destroy();
  });
});
