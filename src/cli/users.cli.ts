import 'reflect-metadata';
import { statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { processEnvironment } from '../config/environment';
import { readSettings } from '../config/read-settings';
import { highestCostAt } from '../passwords/stored-hash';
import { ImportProgressDisplay } from '../transfer/import-progress';
import { ImportState } from '../transfer/import-state';
import { Refusals } from '../transfer/refusals';
import { USERS_EXPORT_STARTED, USERS_EXPORTED, USERS_IMPORTED } from '../transfer/transfer-events';
import { exportUsers } from '../transfer/user-export';
import { UserImport, type ImportResult } from '../transfer/user-import';
import { UserImportRepository } from '../transfer/user-import.repository';
import { logToStandardError, parseCommandLine, runCommand, UsageError } from './command-line';
import { record } from './audit-keys';

const HELP = `npm run users -- import FILE [--dry-run] [--update] [--allow-admins]
npm run users -- export [FILE] [--with-hashes]

import  makes the users of FILE, one JSON object a line ("Move users in and out", docs/operate/import.md, has the members).
        A line whose address exists, or came before, is skipped. Lines that are refused are told on standard error, and in
        FILE.refused. What was ended goes on when the same command is run again; FILE.state tells from where.
--dry-run       writes nothing but FILE.refused, and tells what would be done
--update        changes existing users by what the lines say; a new password hash ends their sessions
--allow-admins  lets lines make administrators of the service, and with --update changes that role
        Exit status: 0, 2 when lines were refused, 1 when it could not go on.

export  writes all users as import reads them: to FILE, which must not exist, else to standard output. Files are readable for
        their owner only (0600).
--with-hashes   with password_hash

It works on DATABASE_URL, or else on the development database.
Without npm, as in the image: node dist/src/cli/users.cli.js import FILE
`;

const REFUSED_STATUS = 2;

interface Settings {
  readonly databaseUrl: string;
  readonly highestCost: number;
}

type Options = ReturnType<typeof parseOptions>['values'];

function parseOptions(args: readonly string[]) {
  return parseCommandLine(args, {
    'dry-run': { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    'allow-admins': { type: 'boolean', default: false },
    'with-hashes': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
}

/** Only what it needs: other settings may be on their way. */
function settings(): Settings {
  const { values, faults } = readSettings(processEnvironment().variables);
  const fault = faults.find((text) => /^(DATABASE_URL|AUTH_PASSWORD_HASH_COST) /.test(text));
  if (fault !== undefined) throw new Error(fault);
  if (values.database.url === undefined) throw new Error('DATABASE_URL is not set');
  return { databaseUrl: values.database.url, highestCost: highestCostAt(values.passwords.hashCost) };
}

async function importUsers(file: string, options: Options): Promise<void> {
  if (!statSync(file).isFile()) throw new Error(`${file} is no file`);
  const { databaseUrl, highestCost } = settings();
  const { 'dry-run': dryRun, 'allow-admins': allowAdmins, update } = options;
  const repository = new UserImportRepository(databaseUrl);
  await repository.open();
  try {
    const stored = ImportState.open(file, JSON.stringify([databaseUrl, update, allowAdmins]));
    const state = !dryRun && (await isThere(stored, repository)) ? stored : stored.anew();
    const { former } = state;
    if (former) say(`goes on after line ${former.lines}`);
    const refusals = new Refusals(file, former?.refusedBytes ?? 0, say);
    const display = new ImportProgressDisplay(former ?? { lines: 0, offset: 0 }, state.size, process.stderr);
    const rules = { highestCost, allowAdmins, update, dryRun };
    const result = await new UserImport(file, rules, { repository, state, refusals, display }).run();
    const { created, updated, sessionsEnded } = result;
    if (!dryRun) await record(USERS_IMPORTED, { created, updated, sessions_ended: sessionsEnded });
    process.stdout.write(`${summary(result, dryRun)} (${display.finish(result.lines)})\n`);
    if (result.refused > 0) process.exitCode = REFUSED_STATUS;
  } finally {
    await repository.close();
  }
}

/** Whether the users whom the state speaks of are in this database: another one may have taken its place. */
async function isThere({ former }: ImportState, repository: UserImportRepository): Promise<boolean> {
  if (former?.lastId === undefined) return former !== undefined;
  return (await repository.findExisting([former.lastId])).length > 0;
}

function summary({ lines, created, updated, skipped, refused }: ImportResult, dryRun: boolean): string {
  const counts = `${created} created, ${updated} updated, ${skipped} skipped, ${refused} refused`;
  return `${lines} lines: ${dryRun ? `${counts}, if this were no dry run` : counts}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function exportAll(file: string | undefined, withHashes: boolean): Promise<void> {
  const { databaseUrl } = settings();
  if (file === undefined && withHashes && process.stdout.isTTY)
    throw new UsageError('hashes are not shown on a terminal: name a file');
  await record(USERS_EXPORT_STARTED, { with_hashes: withHashes });
  const count = await exportUsers(databaseUrl, { file, withHashes });
  await record(USERS_EXPORTED, { with_hashes: withHashes, count });
  say(`${count} ${count === 1 ? 'user' : 'users'} exported`);
}

runCommand(async (args) => {
  const { values, positionals } = parseOptions(args);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [command, file, ...rest] = positionals;
  // A heap that grows as it likes takes 250 MB for garbage of a million lines (Node 24), of which 25 are in use.
  setFlagsFromString('--optimize-for-size');
  logToStandardError();
  if (command === 'import' && file !== undefined && rest.length === 0) await importUsers(file, values);
  else if (command === 'export' && rest.length === 0) await exportAll(file, values['with-hashes']);
  else throw new UsageError('the command is "import FILE" or "export [FILE]"');
});
