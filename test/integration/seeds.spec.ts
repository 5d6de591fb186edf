import { DataSource } from 'typeorm';
import { migrationDataSourceOptions } from '../../src/database/data-source-options';
import { Seeder } from '../../src/database/seed/seeder';
import { built } from '../support/process/build';
import { run } from '../support/process/program';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const TEAMS = [
  { name: 'Design', external_ref: 'design', is_active: true },
  { name: 'Engineering', external_ref: 'eng', is_active: true },
  { name: 'General', external_ref: null, is_active: true },
  { name: 'Product', external_ref: 'product', is_active: true },
];
const DOMAINS = [
  { key: 'design', name: 'Design' },
  { key: 'engineering', name: 'Engineering' },
  { key: 'marketing', name: 'Marketing' },
  { key: 'product', name: 'Product Management' },
  { key: 'sales', name: 'Sales' },
].map((domain) => ({ ...domain, parent_domain_id: null, is_active: true }));

describe('the default data', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    database = await createTestDatabase();
    source = await new DataSource(migrationDataSourceOptions(database.url)).initialize();
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  const teams = () => database.query(`SELECT name, external_ref, is_active FROM teams ORDER BY name`);
  const domains = () =>
    database.query(`SELECT key, name, parent_domain_id, is_active FROM domains ORDER BY key`);
  const everything = () =>
    database.query(`
      SELECT 'team' AS kind, t::text AS row, xmin::text FROM teams t
      UNION ALL SELECT 'domain', d::text, xmin::text FROM domains d
      UNION ALL SELECT 'seed', s::text, xmin::text FROM applied_seeds s ORDER BY 1, 2`);
  const seed = async (restore = false) =>
    Object.fromEntries(
      (await new Seeder(source.manager).run(restore)).map(({ key, outcome }) => [key, outcome]),
    );

  it('is what the contract says', async () => {
    expect(await teams()).toEqual(TEAMS);
    expect(await domains()).toEqual(DOMAINS);
  });

  it('is not touched by a second run', async () => {
    const before = await everything();
    const outcomes = await seed();
    expect(new Set(Object.values(outcomes))).toEqual(new Set(['kept']));
    expect(Object.keys(outcomes)).toHaveLength(TEAMS.length + DOMAINS.length);
    expect(await everything()).toEqual(before);
  });

  it('stays as an operator changed it', async () => {
    await database.query(`UPDATE teams SET name = 'Everybody' WHERE name = 'General'`);
    await database.query(
      `UPDATE teams SET external_ref = 'r-and-d', is_active = false WHERE external_ref = 'eng'`,
    );
    await database.query(`DELETE FROM teams WHERE name = 'Design'`);
    await database.query(`UPDATE domains SET name = 'Software' WHERE key = 'engineering'`);
    await database.query(
      `UPDATE domains SET parent_domain_id = (SELECT id FROM domains WHERE key = 'sales') WHERE key = 'marketing'`,
    );
    await database.query(`DELETE FROM domains WHERE key = 'design'`);
    const before = await everything();

    expect(await seed()).toMatchObject({
      'team:General': 'removed',
      'team:Engineering': 'kept',
      'team:Design': 'removed',
      'domain:engineering': 'kept',
      'domain:design': 'removed',
    });
    expect(await everything()).toEqual(before);
  });

  it('does not come twice when an operator has made the same row first', async () => {
    await database.query(`DELETE FROM applied_seeds`);
    await database.query(`UPDATE teams SET name = 'Engineers' WHERE external_ref = 'eng'`);
    expect(new Set(Object.values(await seed()))).toEqual(new Set(['kept']));
    expect(await teams()).toHaveLength(TEAMS.length);
    expect(await seed()).toMatchObject({ 'team:Engineering': 'kept' });
  });

  it('comes back when asked for, beside what is there', async () => {
    await database.query(`UPDATE teams SET name = 'Everybody' WHERE name = 'General'`);
    await database.query(`DELETE FROM domains WHERE key = 'sales'`);
    await database.query(`UPDATE domains SET name = 'Software' WHERE key = 'engineering'`);
    expect(await seed(true)).toMatchObject({
      'team:General': 'created',
      'team:Product': 'kept',
      'domain:sales': 'created',
      'domain:engineering': 'kept',
    });
    expect((await teams()).map(({ name }) => name)).toEqual([
      'Design',
      'Engineering',
      'Everybody',
      'General',
      'Product',
    ]);
    expect(await domains()).toContainEqual(expect.objectContaining({ key: 'engineering', name: 'Software' }));
    expect(await domains()).toHaveLength(DOMAINS.length);
  });

  it('comes whole or not at all', async () => {
    await database.query(`DELETE FROM applied_seeds; UPDATE teams SET is_default = false; DELETE FROM teams;
       UPDATE domains SET is_default = false; DELETE FROM domains`);
    await database.query(`ALTER TABLE domains ADD CONSTRAINT ck_no_sales CHECK (key <> 'sales')`);
    await expect(seed()).rejects.toMatchObject({ code: '23514' });
    expect(await everything()).toEqual([]);
  });
});

describe('npm run seed', () => {
  const seedCli = (url: string | undefined, ...args: string[]) =>
    run(process.execPath, [built('src/cli/seed.cli.js'), ...args], {
      NODE_ENV: 'test',
      ...(url !== undefined && { DATABASE_URL: url }),
    });

  it('migrates and seeds an empty database and says so, row by row', async () => {
    const database = await createTestDatabase({ empty: true });
    try {
      const first = await seedCli(database.url);
      expect(first.status).toBe(0);
      expect(first.output).toMatch(/^migration CreateIdentityTables\d+: run$/m);
      for (const { name } of TEAMS) expect(first.output).toMatch(new RegExp(`^team ${name}: created$`, 'm'));
      for (const { key } of DOMAINS)
        expect(first.output).toMatch(new RegExp(`^domain ${key}: created$`, 'm'));

      await database.query(`DELETE FROM teams WHERE name = 'Design'`);
      const second = await seedCli(database.url);
      expect(second.status).toBe(0);
      expect(second.output).not.toMatch(/created|^migration/m);
      expect(second.output).toMatch(/^team Design: left out/m);
      expect(second.output.match(/: kept/g)).toHaveLength(TEAMS.length + DOMAINS.length - 1);

      const third = await seedCli(database.url, '--restore');
      expect(third.output).toMatch(/^team Design: created$/m);
      expect(third.output.match(/created/g)).toHaveLength(1);
    } finally {
      await database.drop();
    }
  });

  it('explains itself, and says what is wrong without a password', async () => {
    expect(await seedCli(undefined, '--help')).toMatchObject({
      status: 0,
      output: expect.stringContaining('--restore'),
    });
    expect(await seedCli(undefined)).toMatchObject({
      status: 1,
      output: expect.stringContaining('DATABASE_URL'),
    });
    const unreachable = await seedCli('postgresql://u:marked-secret@localhost:1/x');
    expect(unreachable.status).toBe(1);
    expect(unreachable.output).toMatch(/ECONNREFUSED/);
    expect(unreachable.output).not.toContain('marked-secret');
  });
});
