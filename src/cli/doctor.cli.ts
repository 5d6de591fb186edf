import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { startDevelopmentDatabase, stopDevelopmentDatabase } from '../bootstrap/development-database';
import { withDevelopmentSecret } from '../bootstrap/development-secret';
import { commandErrorText } from '../common/system-error';
import type { Configuration } from '../config/configuration';
import { DatabaseConfig } from '../config/database.config';
import { processEnvironment } from '../config/environment';
import { parseCommandLine } from './command-line';
import type { Check } from './doctor/check';
import { checkAudit } from './doctor/audit-check';
import { checkDatabase } from './doctor/database-checks';
import { checkMailServer } from './doctor/mail-checks';
import { checkProviders } from './doctor/provider-checks';
import { checkNode, checkSettings } from './doctor/settings-checks';

const HELP = `npm run doctor [-- --json]

Says what is wrong with this installation and what to do: settings and unsafe modes, strength of the signing key, support of
Node.js, database (address, version, pooler, migrations, rights, latency), clock, chain of the audit log, identity providers, mails
that wait, and sign-in at the mail server. It changes nothing.
--json   { "ok": …, "checks": [{ "id", "status": "ok" | "warn" | "fail", "detail", "advice" }] }
Exit status: 0 when nothing failed (warnings do not count), 1 when something did, 2 when it could not look.
Without npm, as in the image: node dist/src/cli/doctor.cli.js
`;

const FAULT = 1;
const COULD_NOT_RUN = 2;
const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

async function examine(): Promise<Check[]> {
  const environment = withDevelopmentSecret(processEnvironment());
  const { configuration, checks } = checkSettings(environment);
  const production = environment.variables.NODE_ENV?.trim() === 'production';
  const found = [...checks, checkNode(production)];
  if (!configuration) return found;
  const [database, providers, mailServer] = await Promise.all([
    withDatabase(configuration, async ({ database: config, tokens, audit }) => [
      ...(await checkDatabase(config, tokens.leewaySeconds)),
      await checkAudit(config, audit),
    ]),
    checkProviders(configuration.federation),
    checkMailServer(configuration.mail),
  ]);
  return [...found, ...database, ...providers, mailServer];
}

/** Without an address, outside production, it is that of development. */
async function withDatabase(
  configuration: Configuration,
  look: (configuration: Configuration) => Promise<Check[]>,
): Promise<Check[]> {
  if (configuration.database.url !== undefined) return look(configuration);
  const starting = startDevelopmentDatabase(process.stderr);
  try {
    const { url } = await starting;
    return await look({ ...configuration, database: new DatabaseConfig({ ...configuration.database, url }) });
  } finally {
    await stopDevelopmentDatabase(starting);
  }
}

function print(checks: readonly Check[], json: boolean): void {
  const isOk = checks.every(({ status }) => status !== 'fail');
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: isOk, checks }, null, 2)}\n`);
    return;
  }
  for (const { id, status, detail, advice } of checks) {
    process.stdout.write(`${MARKS[status]}  ${id}: ${detail}\n${advice && `      → ${advice}\n`}`);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseCommandLine(args, {
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (positionals.length > 0) throw new Error('it takes no words; --help tells more');
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  Logger.overrideLogger(false);
  const checks = await examine();
  print(checks, values.json === true);
  if (checks.some(({ status }) => status === 'fail')) process.exitCode = FAULT;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${commandErrorText(error)}\n`);
  process.exitCode = COULD_NOT_RUN;
});
