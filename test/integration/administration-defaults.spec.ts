import { DataSource } from 'typeorm';
import { migrationDataSourceOptions } from '../../src/database/data-source-options';
import { prepareDatabase } from '../../src/database/migrate';
import { Seeder } from '../../src/database/seed/seeder';
import { createFirstReleaseDatabase } from '../support/database/first-release';
import { ISOLATION_LEVELS, Rivals } from '../support/database/rounds';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

describe.each([
  { table: 'teams', name: 'General', other: 'Design', third: 'Product' },
  { table: 'domains', name: 'Engineering', other: 'Sales', third: 'Design' },
])('the default of $table', ({ table, name, other, third }) => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(() => database.drop());

  const make = (which: string) => `UPDATE ${table} SET is_default = true WHERE name = '${which}'`;
  const defaults = async () =>
    (await database.query<{ name: string }>(`SELECT name FROM ${table} WHERE is_default`)).map(
      (row) => row.name,
    );

  it('is the seeded one, by a flag that moves when another one gets it', async () => {
    expect(await defaults()).toEqual([name]);
    await database.query(`UPDATE ${table} SET name = 'Renamed' WHERE name = '${name}'`);
    expect(await defaults()).toEqual(['Renamed']);
    await database.query(make(other));
    expect(await defaults()).toEqual([other]);
    await database.query(
      `INSERT INTO ${table} (name, is_default${table === 'domains' ? ', key' : ''}) VALUES ('New', true${table === 'domains' ? ", 'new'" : ''})`,
    );
    expect(await defaults()).toEqual(['New']);
  });

  it('is not deleted while it is the default', async () => {
    const remove = () => database.query(`DELETE FROM ${table} WHERE name = '${name}'`);
    await expect(remove()).rejects.toMatchObject({ code: '23514', constraint: 'ck_default_in_use' });
    await database.query(make(other));
    await remove();
    await database.query(`UPDATE ${table} SET is_default = false`); // by SQL there may be none
    expect(await defaults()).toEqual([]);
  });

  it.each(ISOLATION_LEVELS)('is one after two that move it at once (%s)', async (level) => {
    const rivals = await Rivals.of(database);
    try {
      const late = await rivals.overtake(level, [[make(other)], [make(third)]]);
      if (level === 'READ COMMITTED') {
        expect(late).toBeUndefined();
        expect(await defaults()).toEqual([third]);
      } else {
        expect(late).toMatchObject({ code: '40001' });
        expect(await defaults()).toEqual([other]);
      }
    } finally {
      await rivals.end();
    }
  });
});

describe('the defaults and the seeds', () => {
  it('version 1.0.0 left them by name: those get the flag', async () => {
    const database = await createFirstReleaseDatabase();
    try {
      await database.query(`INSERT INTO teams (name) VALUES ('General'), ('Other')`);
      await database.query(`INSERT INTO domains (key, name) VALUES ('engineering', 'x'), ('other', 'x')`);
      await prepareDatabase(database.url);
      const flagged = await database.query(
        'SELECT t.name, d.key FROM teams t, domains d WHERE t.is_default AND d.is_default',
      );
      expect(flagged).toEqual([{ name: 'General', key: 'engineering' }]);
    } finally {
      await database.drop();
    }
  });

  it('a seed that comes back is not the default where another one is', async () => {
    const database = await createTestDatabase();
    const source = await new DataSource(migrationDataSourceOptions(database.url)).initialize();
    try {
      await database.query(`UPDATE teams SET is_default = true WHERE name = 'Design'`);
      await database.query(`DELETE FROM teams WHERE name = 'General'`);
      await new Seeder(source.manager).run(true);
      expect(await database.query('SELECT name FROM teams WHERE is_default')).toEqual([{ name: 'Design' }]);
      expect(await database.query(`SELECT FROM teams WHERE name = 'General'`)).toHaveLength(1);
    } finally {
      await source.destroy();
      await database.drop();
    }
  });
});
