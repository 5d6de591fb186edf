import 'reflect-metadata';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { libpqEnvironment } from './backup/libpq-environment';
import { startPostgresProgram } from './backup/postgres-program';
import { operatorDatabaseUrls, parseCommandLine, runCommand, UsageError } from './command-line';

const HELP = `npm run backup -- FILE

Writes the database to FILE, which must not exist, while the service runs: an archive of pg_dump, readable by you alone. It
holds password hashes and e-mail addresses: keep it as you keep the database. It needs PostgreSQL's client tools, of the
version of the server or newer, and works on AUTH_DATABASE_MIGRATION_URL, or else on DATABASE_URL.
Keys and other settings are not in it. npm run restore puts it back.
Without npm, where the tools are: node dist/src/cli/backup.cli.js FILE
`;

const OWNER_ONLY = 0o600;
const DUMP = ['--format=custom', '--no-owner', '--no-privileges', '--lock-wait-timeout=20s'];

async function backup(file: string): Promise<void> {
  const unfinished = `${file}.unfinished`;
  const reserved = openSync(file, 'wx', OWNER_ONLY); // fails when it is there
  const descriptor = openSync(unfinished, 'w', OWNER_ONLY);
  try {
    const { migrationUrl, url } = operatorDatabaseUrls();
    await startPostgresProgram('pg_dump', DUMP, libpqEnvironment(migrationUrl ?? url), ['ignore', descriptor])
      .ended;
    fsyncSync(descriptor);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
    closeSync(reserved);
  }
  process.stdout.write(`${file}: ${statSync(file).size} bytes\n`);
}

runCommand(async (args) => {
  const { values, positionals } = parseCommandLine(args, { help: { type: 'boolean', short: 'h' } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new UsageError('name one FILE');
  await backup(file);
});
