import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { processEnvironment } from '../../config/environment';

/** A program of PostgreSQL's client tools. */
export type PostgresProgram = 'pg_dump' | 'pg_restore' | 'psql';

const MAX_MESSAGE = 2_000;

/** A started program. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves at its end; rejects with what it wrote on standard error when it failed. */
  readonly ended: Promise<void>;
}

/** Starts one, with nothing in its environment but its way to the database. */
export function startPostgresProgram(
  program: PostgresProgram,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  stdio: ['ignore' | 'pipe', 'ignore' | 'pipe' | number],
): Running {
  const { PATH = '', LANG = 'C.UTF-8' } = processEnvironment().variables;
  const child = spawn(program, args, { env: { PATH, LANG, ...environment }, stdio: [...stdio, 'pipe'] });
  return { child, ended: endOf(program, child) };
}

async function endOf(program: PostgresProgram, child: ChildProcess): Promise<void> {
  let message = '';
  child.stderr?.on('data', (chunk: Buffer) => (message = (message + chunk.toString()).slice(-MAX_MESSAGE)));
  const [status] = (await once(child, 'close').catch((error: unknown) => {
    throw spawnError(program, error);
  })) as [number | null];
  if (status !== 0) throw new Error(`${program} failed:\n${message.trim()}`);
}

function spawnError(program: PostgresProgram, error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? new Error(`${program} is not installed: it is in PostgreSQL's client tools (Debian: postgresql-client)`)
    : error;
}
