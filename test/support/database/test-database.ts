import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { prepareDatabase } from '../../../src/database/migrate';
import { useResource } from '../process/use-resource';

const TEMPLATE = `auth_template_${process.env.TEST_RUN ?? process.ppid}`;
const CLONE_PREFIX = (template: string) => `${template.replace('template', 'test')}_`;

/** A database of one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Runs one statement on a connection of its own. */
  query<Row = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>;
  readonly drop: () => Promise<void>;
}

/** A clone of the migrated and seeded template; with `empty`, a database with nothing in it. */
export async function createTestDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const { create, ...database } = newTestDatabase(options);
  await create();
  return database;
}

/** The same for the tests of a file or a `describe`: exists while they run. */
export function useDatabase(options: { readonly empty?: boolean } = {}): TestDatabase {
  const { create, ...database } = newTestDatabase(options);
  useResource(create, database.drop);
  return database;
}

function newTestDatabase({ empty = false }: { readonly empty?: boolean }) {
  const template = process.env.TEST_TEMPLATE ?? TEMPLATE;
  const name = `${CLONE_PREFIX(template)}${randomBytes(6).toString('hex')}`;
  const url = databaseUrl(name);
  const database: TestDatabase = {
    url,
    query: (sql, values) => query(url, sql, values),
    drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
  const create = () => onServer(`CREATE DATABASE ${name} TEMPLATE ${empty ? 'template0' : template}`);
  return { ...database, create };
}

/** Makes the template that the databases of the test files are clones of. */
export async function makeTemplate(): Promise<void> {
  process.env.TEST_TEMPLATE = TEMPLATE;
  await onServer(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await onServer(`CREATE DATABASE ${TEMPLATE} TEMPLATE template0`);
  await prepareDatabase(databaseUrl(TEMPLATE));
}

/** Also drops the clones that test files have left behind. */
export async function dropTemplate(): Promise<void> {
  const clones = await query<{ datname: string }>(
    databaseUrl('postgres'),
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
    [CLONE_PREFIX(TEMPLATE)],
  );
  for (const name of [...clones.map(({ datname }) => datname), TEMPLATE]) {
    await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

/** Runs one statement on a connection of its own. */
export async function query<Row>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
  });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

function databaseUrl(name: string): string {
  const url = new URL(process.env.TEST_SERVER_URL ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(sql: string): Promise<void> {
  await query(databaseUrl('postgres'), sql);
}
