import 'reflect-metadata';
import { verifyDatabase } from '../audit/operator-audit.repository';
import { commandErrorText } from '../common/system-error';
import { auditKeys } from './audit-keys';
import { logToStandardError, operatorDatabaseUrl, parseCommandLine, UsageError } from './command-line';

const HELP = `npm run audit -- verify

verify  checks the chain of the audit log: no event is missing, altered, added or moved. It prints how many events and streams it
        checked, or the id of the first event where the chain breaks.

It reads DATABASE_URL, AUTH_AUDIT_KEY and AUTH_AUDIT_PREVIOUS_KEYS; without AUTH_AUDIT_KEY all settings, for the signing key.
Exit status: 0 the log is intact, 1 it is broken, 2 it could not be checked.
Without npm, as in the image: node dist/src/cli/audit.cli.js verify
`;

const BROKEN = 1;
const NOT_CHECKED = 2;

async function verify(): Promise<void> {
  const { events, streams, broken } = await verifyDatabase(operatorDatabaseUrl(), auditKeys());
  if (broken) {
    process.stdout.write(`broken at ${broken.id}: ${broken.fault}\n`);
    process.exitCode = BROKEN;
  } else {
    process.stdout.write(`intact: ${events} events in ${streams} streams\n`);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseCommandLine(args, { help: { type: 'boolean', short: 'h' } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (positionals.length !== 1 || positionals[0] !== 'verify')
    throw new UsageError('the command is "verify"');
  logToStandardError();
  await verify();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const hint = error instanceof UsageError ? '; --help tells more' : '';
  process.stderr.write(`${commandErrorText(error)}${hint}\n`);
  process.exitCode = NOT_CHECKED;
});
