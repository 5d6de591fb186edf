import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDatabase } from '../../src/database/migrate';
import { register, type Account } from '../support/http/accounts';
import { describeWith } from '../support/process/debian';
import {
  POSTGRES_TOOLS,
  startDebianPostgres,
  type DebianPostgres,
} from '../support/database/debian-postgres';
import { eventually } from '../support/process/eventually';
import { goodRequests } from '../support/http/every-route';
import { bearer, send } from '../support/http/http';
import { startService } from '../support/process/service';
import { query } from '../support/database/test-database';

/** Options of pg_dump, and how what it writes is put back into an empty database. */
interface Mode {
  readonly name: string;
  readonly options: readonly string[];
  readonly restoring?: readonly string[];
}

const mode = (name: string, options: readonly string[], restoring?: readonly string[]): Mode => ({
  name,
  options,
  ...(restoring && { restoring }),
});

const PLAIN: Mode[] = [
  mode('as SQL', []),
  mode('as SQL with INSERT', ['--inserts']),
  mode('as SQL with INSERT of columns, many rows each, on conflict nothing', [
    '--column-inserts',
    '--rows-per-insert=100',
    '--on-conflict-do-nothing',
  ]),
  mode('as SQL that quotes, without owners and rights', [
    '--quote-all-identifiers',
    '--no-owner',
    '--no-acl',
    '--no-comments',
  ]),
  mode('as SQL that cleans first', ['--clean', '--if-exists']),
  mode('as SQL of the schema public', ['--schema=public', '--clean', '--if-exists']),
  mode('as SQL with switched-off triggers', ['--disable-triggers']),
];
const ARCHIVES: Mode[] = [
  mode('as an archive', ['-Fc']),
  mode('as an archive with INSERT', ['-Fc', '--inserts']),
  mode('as an archive, restored in one transaction', ['-Fc'], ['--single-transaction']),
  mode('as an archive, restored by several', ['-Fc'], ['--jobs=3']),
  mode('as a folder, by several', ['-Fd', '--jobs=3'], ['--jobs=3']),
  mode('as a tar file', ['-Ft']),
];
const DATA_ONLY: Mode[] = [
  mode('as SQL', ['--data-only']),
  mode('as SQL with INSERT', ['--data-only', '--inserts']),
  mode('as SQL with switched-off triggers', ['--data-only', '--disable-triggers']),
  mode('as an archive', ['--data-only', '-Fc']),
  mode('as a folder', ['--data-only', '-Fd']),
  mode('as an archive with switched-off triggers', ['--data-only', '-Fc'], ['--disable-triggers']),
  mode('as a whole archive with switched-off triggers', ['-Fc'], ['--data-only', '--disable-triggers']),
];

describeWith(POSTGRES_TOOLS)('a dump of a database in use', () => {
  let server: DebianPostgres;
  let folder: string;
  let account: Account;
  let original: Record<string, string>;
  let count = 0;

  beforeAll(async () => {
    server = await startDebianPostgres();
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-dumps-'));
    await query(server.url('postgres'), 'CREATE DATABASE source');
    const service = await startService({ databaseUrl: server.url('source') });
    try {
      account = await register(service);
      for (const { send: ask } of goodRequests(await register(service)))
        expect((await ask(service)).status).toBeLessThan(300);
      await query(
        server.url('source'),
        `INSERT INTO domains (key, name, parent_domain_id) SELECT 'below-' || key, name, id FROM domains`,
      );
    } finally {
      await service.stop();
    }
    original = await contents('source');
    expect(Object.keys(original)).toEqual(
      expect.arrayContaining(['users', 'sessions', 'domains', 'migrations']),
    );
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  });

  /** Each table as one text, whatever the order of its rows. */
  async function contents(database: string): Promise<Record<string, string>> {
    const tables = await query<{ name: string }>(
      server.url(database),
      `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    const rows = await Promise.all(
      tables.map(async ({ name }) => {
        const [row] = await query<{ text: string }>(
          server.url(database),
          `SELECT string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C") AS text FROM public.${name} t`,
        );
        return [name, row?.text ?? ''] as const;
      }),
    );
    return Object.fromEntries(rows);
  }

  async function newDatabase(): Promise<string> {
    const name = `copy_${++count}`;
    await query(server.url('postgres'), `CREATE DATABASE ${name} TEMPLATE template0`);
    return name;
  }

  function dump(options: readonly string[]): string {
    const path = join(folder, `dump_${count}_${options.join('').replaceAll(/\W/g, '')}`);
    server.tool('pg_dump', [...options, '-f', path, server.url('source')]);
    return path;
  }

  const runSql = (database: string, path: string) =>
    server.tool('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', path, server.url(database)]);
  const restore = (database: string, path: string, options: readonly string[] = []) =>
    server.tool('pg_restore', ['--exit-on-error', ...options, '-d', server.url(database), path]);
  const putBack = (database: string, { options, restoring }: Mode) =>
    options.some((option) => option.startsWith('-F'))
      ? restore(database, dump(options), restoring)
      : runSql(database, dump(options));

  it.each([...PLAIN, ...ARCHIVES])(
    'comes back whole $name, and there is nothing left to migrate',
    async (how) => {
      const database = await newDatabase();
      putBack(database, how);
      expect(await contents(database)).toEqual(original);
      const { migrations, seeds } = await prepareDatabase(server.url(database));
      expect(migrations).toEqual([]);
      expect(seeds.filter(({ outcome }) => outcome === 'created')).toEqual([]);
      expect(await contents(database)).toEqual(original);
    },
  );

  it('comes back in its three sections', async () => {
    const database = await newDatabase();
    for (const section of ['pre-data', 'data', 'post-data']) runSql(database, dump([`--section=${section}`]));
    expect(await contents(database)).toEqual(original);
  });

  it('comes back over what is there when it cleans first', async () => {
    const database = await newDatabase();
    await prepareDatabase(server.url(database));
    runSql(database, dump(['--clean', '--if-exists']));
    restore(database, dump(['-Fc']), ['--clean', '--if-exists']);
    expect(await contents(database)).toEqual(original);
  });

  describe('of its data only', () => {
    /** A schema without a row: pg_dump's own, or that of our migrations. */
    async function emptySchema(from: 'dump' | 'migrations'): Promise<string> {
      const database = await newDatabase();
      if (from === 'dump') runSql(database, dump(['--schema-only']));
      else await prepareDatabase(server.url(database));
      const tables = Object.keys(original).map((name) => `public.${name}`);
      await query(server.url(database), `TRUNCATE ${tables.join(', ')}`);
      return database;
    }

    it.each(DATA_ONLY)('comes back into a dumped schema $name', async (how) => {
      const database = await emptySchema('dump');
      putBack(database, how);
      expect(await contents(database)).toEqual(original);
    });

    it('comes back into the schema of our migrations, and the service goes on', async () => {
      const database = await emptySchema('migrations');
      putBack(database, mode('as SQL', ['--data-only']));
      expect(await contents(database)).toEqual(original);
      const service = await startService({ databaseUrl: server.url(database) });
      try {
        const { email, password, token } = account;
        expect((await send(service, 'GET', '/auth/me', { headers: bearer(token) })).status).toBe(200);
        expect((await send(service, 'POST', '/auth/login', { body: { email, password } })).status).toBe(200);
        await register(service);
      } finally {
        await service.stop();
      }
    });

    it('goes over by logical replication, and changes after it', async () => {
      const database = await emptySchema('migrations');
      await query(server.url('source'), 'CREATE PUBLICATION everything FOR ALL TABLES');
      await query(server.url('source'), `SELECT pg_create_logical_replication_slot('copy', 'pgoutput')`);
      await query(
        server.url(database),
        `CREATE SUBSCRIPTION copy CONNECTION '${server.url('source')}' PUBLICATION everything
         WITH (create_slot = false, slot_name = 'copy')`,
      );
      const until = (what: string, expected: () => Promise<Record<string, string>>) =>
        eventually(what, async () => {
          const [copied, wanted] = [await contents(database), await expected()];
          return JSON.stringify(copied) === JSON.stringify(wanted) || undefined;
        });
      try {
        await until('everything is copied', () => Promise.resolve(original));
        await query(
          server.url('source'),
          `UPDATE domains SET parent_domain_id = (SELECT id FROM domains WHERE key = 'sales') WHERE key = 'design'`,
        );
        await query(server.url('source'), `UPDATE users SET is_active = false WHERE email = $1`, [
          account.email,
        ]);
        await until('the changes are there', () => contents('source'));
      } finally {
        await query(server.url(database), 'DROP SUBSCRIPTION IF EXISTS copy');
      }
    });
  });

  describe('the Unix socket', () => {
    it.each([
      ['libpq', () => `postgresql:///source?host=${server.socketFolder}&port=${server.port}&user=postgres`],
      [
        'Cloud SQL',
        () => `postgresql://postgres:unused@/source?host=${server.socketFolder}&port=${server.port}`,
      ],
      [
        'libpq with an escaped host',
        () => `postgresql://postgres@${encodeURIComponent(server.socketFolder)}/source?port=${server.port}`,
      ],
    ])('of the form of %s is taken', async (_form, url) => {
      const { migrations } = await prepareDatabase(url());
      expect(migrations).toEqual([]);
    });

    it('serves', async () => {
      const url = `postgresql://postgres:unused@/source?host=${server.socketFolder}&port=${server.port}`;
      writeFileSync(join(folder, 'url'), `${url}\n`);
      const service = await startService({ env: { DATABASE_URL_FILE: join(folder, 'url') } });
      try {
        await register(service);
      } finally {
        await service.stop();
      }
    });
  });
});
