import { systemErrorSentence } from '../common/system-error';
import { ConfigurationError } from '../config/configuration-error';

/** Prints why the process cannot continue, and exits with status 1. */
export function exitWithError(error: unknown): void {
  const text =
    error instanceof ConfigurationError
      ? error.message
      : (systemErrorSentence(error, 'PORT=8002 npm start') ?? `The service cannot go on: ${String(error)}`);
  process.stderr.write(`${text}\n`, () => process.exit(1));
}
