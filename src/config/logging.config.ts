import { oneOf } from './rules';
import { setting, sliceOf, type ValuesOf } from './setting';

export const LOGGING_SETTINGS = {
  level: setting(
    'AUTH_LOG_LEVEL',
    oneOf('debug', 'info', 'warn', 'error', 'silent').default('info'),
    'Minimum level of log lines',
  ),
};

/** Settings of the log. */
export class LoggingConfig extends sliceOf<ValuesOf<typeof LOGGING_SETTINGS>>() {}
