import { boolean, integer } from './rules';
import { setting, sliceOf, type ValuesOf } from './setting';

export const LIMITS_SETTINGS = {
  enabled: setting('AUTH_RATE_LIMITS', boolean.default(true), '`false` disables rate limits'),
  accountFailures: setting(
    'AUTH_RATE_LIMIT_ACCOUNT_FAILURES',
    integer(1, 1000).default(10),
    'Failed password checks of an account, one after the other, that need no wait; each further one doubles it, from 1 s',
  ),
  accountGuesses: setting(
    'AUTH_RATE_LIMIT_ACCOUNT_GUESSES',
    integer(1, 100_000).default(100),
    'Failed password checks of an account, one after the other, after which only a known device or an operator helps',
  ),
  accountMaxWaitSeconds: setting(
    'AUTH_RATE_LIMIT_ACCOUNT_MAX_WAIT_SECONDS',
    integer(1, 86_400).default(900),
    'Longest wait between two password checks of an account, in seconds',
  ),
  sourceFailures: setting(
    'AUTH_RATE_LIMIT_SOURCE_FAILURES',
    integer(1, 1_000_000).default(100),
    'Failed checks of passwords and codes from one source (IPv4 address, IPv6 /64) within its window',
  ),
  sourceWindowSeconds: setting(
    'AUTH_RATE_LIMIT_SOURCE_WINDOW_SECONDS',
    integer(1, 86_400).default(900),
    'Window of the limit of a source, in seconds',
  ),
  registrationsPerHour: setting(
    'AUTH_RATE_LIMIT_REGISTRATIONS',
    integer(1, 1_000_000).default(60),
    'Registrations from one source in an hour',
  ),
};

type LimitsValues = ValuesOf<typeof LIMITS_SETTINGS>;

/** How many guesses and requests are evaluated. */
export class LimitsConfig extends sliceOf<LimitsValues>() {}
