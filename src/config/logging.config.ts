import { isatty } from 'node:tty';
import { oneOf } from './rules';
import type { Runtime } from './runtime.config';
import { setting, sliceOf, type ValuesOf } from './setting';

const STDOUT = 1;

export const LOGGING_SETTINGS = {
  level: setting(
    'AUTH_LOG_LEVEL',
    oneOf('debug', 'info', 'warn', 'error', 'silent').default('info'),
    'Minimum level of log lines',
  ),
  format: setting(
    'AUTH_LOG_FORMAT',
    oneOf('json', 'pretty').optional(),
    'Form of log lines: `json`, or `pretty` to be read by people. Unset: `pretty` in a terminal outside production, else `json`',
  ),
};

type LoggingValues = ReturnType<typeof loggingValues>;

/** Settings of the log. */
export class LoggingConfig extends sliceOf<LoggingValues>() {}

/** Adds the default that depends on the environment and on where the log goes. */
export function loggingValues(
  { level, format }: ValuesOf<typeof LOGGING_SETTINGS>,
  { environment }: Runtime,
  inTerminal = isatty(STDOUT),
) {
  return { level, format: format ?? (inTerminal && environment !== 'production' ? 'pretty' : 'json') };
}
