import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandErrorText } from '../src/common/system-error';
import { ConfigurationError } from '../src/config/configuration-error';
import { processEnvironment } from '../src/config/environment';
import { readSettings } from '../src/config/read-settings';

/** They end the command under way; the server is stopped after it, as after any command. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs commands with `DATABASE_URL` set: the one that is set already, else the embedded PostgreSQL of `.data/`; with
 * `--throwaway` always an empty server that is gone afterwards. `--and` stands between commands.
 */
async function main(args: readonly string[]): Promise<number> {
  const throwaway = args[0] === '--throwaway';
  const given = givenUrl();
  if (!throwaway && given !== undefined) return runAll(args, given);
  const directory = throwaway ? mkdtempSync(join(tmpdir(), 'promptstack-auth-')) : resolve('.data');
  const server = await startEmbeddedPostgres({ directory, durability: throwaway ? 'throwaway' : 'safe' });
  try {
    return await runAll(throwaway ? args.slice(1) : args, server.url);
  } finally {
    await server.stop();
    if (throwaway) rmSync(directory, { recursive: true, force: true });
  }
}

/** The role that migrates the given database does not know another one. */
function withoutMigrationRole(url: string): Record<string, string> {
  return url === givenUrl() ? {} : { AUTH_DATABASE_MIGRATION_URL: '', AUTH_DATABASE_MIGRATION_URL_FILE: '' };
}

/** As the service itself reads it, also from `DATABASE_URL_FILE`. */
function givenUrl(): string | undefined {
  const environment = processEnvironment();
  const { values, faults } = readSettings(environment.variables);
  const all = [...environment.faults, ...faults];
  if (all.length > 0) throw new ConfigurationError(all);
  return values.database.url;
}

async function runAll(args: readonly string[], url: string): Promise<number> {
  let rest = [...args];
  while (rest.length > 0) {
    const end = rest.includes('--and') ? rest.indexOf('--and') : rest.length;
    const [program = '', ...parameters] = rest.slice(0, end);
    const status = await run(program, parameters, url);
    if (status !== 0) return status;
    rest = rest.slice(end + 1);
  }
  return 0;
}

function run(program: string, parameters: readonly string[], url: string): Promise<number> {
  const env = { ...process.env, ...withoutMigrationRole(url), DATABASE_URL: url, DATABASE_URL_FILE: '' };
  const child = spawn(program, parameters, { stdio: 'inherit', env });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of STOP_SIGNALS) process.on(signal, forward);
  return new Promise<number>((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => done(code ?? 1));
  }).finally(() => {
    for (const signal of STOP_SIGNALS) process.off(signal, forward);
  });
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    process.stderr.write(`${commandErrorText(error)}\n`);
    process.exitCode = 1;
  },
);
