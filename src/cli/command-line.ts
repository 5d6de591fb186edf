import { Logger } from '@nestjs/common';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { createLogger, NestLogger } from '../common/logging/logger';
import { commandErrorText } from '../common/system-error';
import { processEnvironment } from '../config/environment';
import { readSettings } from '../config/read-settings';

const STDERR = 2;

/** A command line that the command does not take. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** The options and the words of a command line; refuses unknown options with `UsageError`. */
export function parseCommandLine<const Given extends Options>(args: readonly string[], options: Given) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** `DATABASE_URL` alone is read: in an emergency other settings may be missing. */
export function operatorDatabaseUrl(): string {
  return operatorDatabaseUrls().url;
}

/** The same, and the address of the role that migrates, if it has one of its own. */
export function operatorDatabaseUrls(): { readonly url: string; readonly migrationUrl: string | undefined } {
  const { values, faults } = readSettings(processEnvironment().variables);
  const fault = faults.find((text) => /^(DATABASE_URL|AUTH_DATABASE_MIGRATION_URL) /.test(text));
  if (fault !== undefined) throw new Error(fault);
  const { url, migrationUrl } = values.database;
  if (url === undefined) throw new Error('DATABASE_URL is not set');
  return { url, migrationUrl };
}

/** Sends log lines to standard error: standard output is the answer of the command. */
export function logToStandardError(): void {
  Logger.overrideLogger(new NestLogger(createLogger('info', { descriptor: STDERR })));
}

/** Lets a command work on the database, whose connection is closed afterwards; log lines go to standard error. */
export async function withDatabase<Access extends { open(): Promise<void>; close(): Promise<void> }>(
  connect: (databaseUrl: string) => Access,
  work: (access: Access) => Promise<void>,
): Promise<void> {
  logToStandardError();
  const access = connect(operatorDatabaseUrl());
  try {
    await access.open();
    await work(access);
  } finally {
    await access.close();
  }
}

/** Runs a command to its end; exit status 1 and one sentence on standard error when it fails. */
export function runCommand(main: (args: readonly string[]) => Promise<void>): void {
  main(process.argv.slice(2)).catch((error: unknown) => {
    const hint = error instanceof UsageError ? '; --help tells more' : '';
    process.stderr.write(`${commandErrorText(error)}${hint}\n`);
    process.exitCode = 1;
  });
}
