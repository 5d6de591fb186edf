import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { AFTER_RESTORE } from '../database/after-restore';
import { firstTable } from '../database/database-diagnosis';
import { libpqEnvironment } from './backup/libpq-environment';
import { startPostgresProgram, type Running } from './backup/postgres-program';
import { operatorDatabaseUrls, parseCommandLine, runCommand, UsageError } from './command-line';

const HELP = `npm run restore -- FILE

Puts a backup of npm run backup into an empty database, all of it or nothing. In the same transaction everything ends that the
backup would revive: all sessions, everything that was issued to users until now, tokens of identity providers included, open
codes, mails that were not sent, and all keys of services. Users sign in anew; services need new keys.
It cannot know what happened after the backup: who was deactivated or deleted, whose password was changed, who lost a role.
It needs PostgreSQL's client tools, and works on AUTH_DATABASE_MIGRATION_URL, or else on DATABASE_URL.
Start the service afterwards: it runs the migrations that are missing, and grants the serving role what it needs.
Without npm, where the tools are: node dist/src/cli/restore.cli.js FILE
`;

const PSQL = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--file=-'];
const RESTORE = ['--no-owner', '--no-privileges', '--exit-on-error', '--file=-'];
/** As pg_restore writes it at the top of a list of contents. */
const CREATED_AT = /^; Archive created at (.+)$/m;

async function restore(file: string): Promise<void> {
  accessSync(file, constants.R_OK);
  const { migrationUrl, url } = operatorDatabaseUrls();
  const target = migrationUrl ?? url;
  const table = await firstTable(target);
  if (table !== undefined)
    throw new Error(`nothing was restored: the database is not empty, it has ${table}`);
  const madeAt = CREATED_AT.exec(contentsOf(file))?.[1] ?? 'an unknown time';
  await inOneTransaction(file, libpqEnvironment(target));
  process.stdout.write(`restored the backup of ${madeAt}

All sessions have ended, and everything issued until now is refused: users sign in anew. Keys of services are revoked: make new ones.
Not known here, because it happened after the backup (look at the audit log, and do it again):
  - who was deactivated or deleted: they can sign in
  - whose password was changed: the former one counts
  - who lost a role, a team or a domain: they have it
`);
}

function contentsOf(file: string): string {
  try {
    return execFileSync('pg_restore', ['--list', file], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Error(`pg_restore is not installed: it is in PostgreSQL's client tools`, { cause: error });
    throw new Error(`${file} is no backup that pg_restore of this machine can read`, { cause: error });
  }
}

/** One that ends before COMMIT, for whatever reason, is rolled back by the server. */
async function inOneTransaction(file: string, environment: Record<string, string>): Promise<void> {
  const reader = startPostgresProgram('pg_restore', [...RESTORE, file], {}, ['ignore', 'pipe']);
  const writer = startPostgresProgram('psql', PSQL, environment, ['pipe', 'ignore']);
  const { stdin } = writer.child;
  const { stdout } = reader.child;
  if (!stdin || !stdout) throw new Error('the programs have no pipes');
  stdin.on('error', () => undefined); // the end of psql says why
  stdin.write('BEGIN;\n');
  stdout.pipe(stdin, { end: false });
  await Promise.all([
    reader.ended.then(
      () => stdin.end(`${AFTER_RESTORE}COMMIT;\n`),
      (error: unknown) => abort(writer, error),
    ),
    writer.ended.catch((error: unknown) => abort(reader, error)),
  ]);
}

function abort({ child }: Running, error: unknown): never {
  child.kill('SIGKILL');
  throw error;
}

runCommand(async (args) => {
  const { values, positionals } = parseCommandLine(args, { help: { type: 'boolean', short: 'h' } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new UsageError('name one FILE');
  await restore(file);
});
