import { spawn } from 'node:child_process';

/** The operating system account the server runs as; empty means the account of this process. */
export interface ServerAccount {
  readonly uid?: number;
  readonly gid?: number;
}

const NOBODY = 65534;

/** PostgreSQL refuses to run as root, so root hands it to the account without rights. */
export function serverAccount(): ServerAccount {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

/** The server keeps running for long and as another user: the secrets of the service stay out of its environment. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'SystemRoot', 'TEMP', 'TMP'];
  const entries = kept.map((name): [string, string | undefined] => [name, process.env[name]]);
  const present = entries.filter(([, value]) => value !== undefined);
  // PostgreSQL's early messages follow the environment; the launcher reads them in English.
  return { ...Object.fromEntries(present), LC_ALL: 'C' };
}

export interface CommandResult {
  readonly succeeded: boolean;
  readonly output: string;
}

export interface CommandOptions {
  readonly account: ServerAccount;
  readonly cwd: string;
  readonly limit: number;
  /** A file descriptor the command reads as its standard input. */
  readonly stdin?: number;
}

/** Runs a PostgreSQL program to its end; never rejects, the output says what went wrong. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      ...options.account,
      cwd: options.cwd,
      env: serverEnvironment(),
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
      timeout: options.limit,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', (error) => resolve({ succeeded: false, output: error.message }));
    child.once('close', (code, signal) => {
      const ending = signal === null ? '' : `ended by ${signal} (limit ${options.limit} ms)`;
      resolve({ succeeded: code === 0, output: `${output}${ending}`.trim() });
    });
  });
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}
