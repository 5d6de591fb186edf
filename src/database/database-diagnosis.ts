import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { ANY_TABLE } from './after-restore';
import { withinDatabaseLimit } from './bounded-client';
import { operatorDataSourceOptions } from './data-source-options';
import { checkServer } from './server-check';
import { missingGrants } from './serving-role';

const OPEN_LIMIT_MS = 10_000;
const ROUND_TRIPS = 7;

/** The role of a connection. */
export interface RoleFacts {
  readonly name: string;
  readonly isSuperuser: boolean;
  /** Whether it may create tables where those of the service are. */
  readonly mayChangeSchema: boolean;
}

/** Migrations of this version that have not run, and those that have run and are not of this version. */
export interface MigrationFacts {
  readonly pending: readonly string[];
  readonly unknown: readonly string[];
}

/** Round trips of a small statement: the shortest and the middle one, in milliseconds. */
export interface Latency {
  readonly best: number;
  readonly median: number;
}

/** The name of a table or view of a database, if it has one. */
export async function firstTable(url: string): Promise<string | undefined> {
  const diagnosis = new DatabaseDiagnosis(url);
  try {
    await diagnosis.open();
    return await diagnosis.firstTable();
  } finally {
    await diagnosis.close();
  }
}

/** Looks at a database as an operator's command; changes nothing. */
export class DatabaseDiagnosis {
  private readonly source: DataSource;

  constructor(url: string) {
    this.source = new DataSource({ ...operatorDataSourceOptions(url), poolSize: 2 });
  }

  /** Fails when the database cannot be reached, or refuses the role. */
  async open(): Promise<void> {
    await withinDatabaseLimit(OPEN_LIMIT_MS, this.source.initialize());
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
    else await this.source.driver.disconnect().catch(() => undefined);
  }

  /** The server's version, such as `17.2`. */
  async version(): Promise<string> {
    const [row] = await this.query<{ version: string }>(
      `SELECT current_setting('server_version') AS version`,
    );
    return row?.version ?? '';
  }

  /**
   * Whether a pooler gives each transaction another session. Throws a `ConfigurationError` for a server that is too old, and for a
   * pooler that cannot be used.
   */
  async changesSessions(): Promise<boolean> {
    return (await checkServer(this.source)).changesSessions;
  }

  async firstTable(): Promise<string | undefined> {
    const [table] = await this.query<{ name: string }>(ANY_TABLE);
    return table?.name;
  }

  async role(): Promise<RoleFacts> {
    const [row] = await this.query<RoleFacts>(
      `SELECT current_user::text AS name, rolsuper AS "isSuperuser",
         has_schema_privilege(current_user, current_schema(), 'CREATE') AS "mayChangeSchema"
       FROM pg_roles WHERE rolname = current_user`,
    );
    if (!row) throw new Error('the server answered nothing');
    return row;
  }

  /** What a role lacks for serving, as statements that grant it; only where no migration is pending. */
  missingGrants(role: string): Promise<string[]> {
    return missingGrants(role, this.source.manager);
  }

  async migrations(): Promise<MigrationFacts> {
    const known: string[] = migrations.map((migration) => new migration().name);
    const [there] = await this.query<{ found: boolean }>(
      `SELECT to_regclass('migrations') IS NOT NULL AS found`,
    );
    const rows = there?.found ? await this.query<{ name: string }>('SELECT name FROM migrations') : [];
    const run = new Set<string>(rows.map(({ name }) => name));
    return {
      pending: known.filter((name) => !run.has(name)),
      unknown: [...run].filter((name) => !known.includes(name)),
    };
  }

  async latency(): Promise<Latency> {
    const times: number[] = [];
    for (let round = 0; round < ROUND_TRIPS; round++) {
      const start = performance.now();
      await this.query('SELECT 1');
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    return { best: times[0] ?? 0, median: times[Math.floor(times.length / 2)] ?? 0 };
  }

  /** How far the database's clock is ahead of this one, in milliseconds; right to half of a round trip. */
  async clockOffsetMs(): Promise<number> {
    const before = Date.now();
    const [row] = await this.query<{ now: string }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::text AS now',
    );
    return Number(row?.now) - (before + Date.now()) / 2;
  }

  /** Runs a statement that only reads. */
  query<Row>(statement: string): Promise<Row[]> {
    return this.source.query<Row[]>(statement);
  }
}
