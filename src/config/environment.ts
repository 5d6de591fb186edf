import { existsSync } from 'node:fs';
import { NoTextError, readTextFile } from '../common/text-file';
import { parseEnvFile, type EnvFile } from './env-file';

/** Variables by name, like `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of a process, with errors of the `.env` file. */
export interface ProcessEnvironment {
  readonly variables: Environment;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

const FILE = '.env';
const NO_FILE: EnvFile = { variables: {}, faults: [], warnings: [] };

/** The process environment, which takes precedence over `.env` in the working directory. */
export function processEnvironment(): ProcessEnvironment {
  const file = existsSync(FILE) ? readEnvFile() : NO_FILE;
  const hidden = Object.keys(file.variables).filter(
    (name) => process.env[name]?.trim() === '' && file.variables[name],
  );
  return {
    variables: { ...file.variables, ...process.env },
    faults: file.faults,
    warnings: [
      ...file.warnings,
      ...hidden.map(
        (name) => `${name} of .env does not count: the environment has it too, and empty is unset`,
      ),
    ],
  };
}

function readEnvFile(): EnvFile {
  try {
    return parseEnvFile(readTextFile(FILE));
  } catch (error) {
    const cause =
      error instanceof NoTextError
        ? error.message
        : 'cannot be read: it is no file, or closed to this process';
    return { ...NO_FILE, faults: [`${FILE} ${cause}`] };
  }
}
