import { availableParallelism } from 'node:os';
import { registration } from './registration';
import { boolean, integer, parsed } from './rules';
import type { Runtime } from './runtime.config';
import { setting, sliceOf, type ValuesOf } from './setting';

const MIN_PRODUCTION_HASH_COST = 10;

export const PASSWORD_SETTINGS = {
  registration: setting(
    'AUTH_REGISTRATION',
    parsed(registration).default('open'),
    'Who may register: `open` (anyone), `closed` (no one), or a comma-separated list of mail domains (subdomains are not included)',
  ),
  signIn: setting(
    'AUTH_PASSWORD_SIGN_IN',
    boolean.default(true),
    '`false` disables passwords: registration, login and password change answer 403',
  ),
  minLength: setting(
    'AUTH_PASSWORD_MIN_LENGTH',
    integer(8, 256).default(8),
    'Minimum length of a new password, in characters (code points)',
  ),
  blocklist: setting(
    'AUTH_PASSWORD_BLOCKLIST',
    boolean.optional(),
    'Refuses common passwords. Unset: `true` in production, else `false`',
  ),
  hashCost: setting(
    'AUTH_PASSWORD_HASH_COST',
    integer(4, 15).default(12),
    'bcrypt cost; at least 10 in production. Hashes of lower cost are upgraded at login',
    {
      inProduction: (cost) =>
        cost < MIN_PRODUCTION_HASH_COST && `must be at least ${MIN_PRODUCTION_HASH_COST}`,
    },
  ),
  hashWorkers: setting(
    'AUTH_PASSWORD_HASH_WORKERS',
    integer(1, 64).optional(),
    'Number of threads that hash passwords, of all workers together. Unset: the number of cores less one, at least 2',
  ),
  hashQueue: setting(
    'AUTH_PASSWORD_HASH_QUEUE',
    integer(100, 10_000).default(200),
    'Maximum number of password hashes that wait for a thread; beyond it, the source with the most waiting gets 503',
  ),
};

type PasswordValues = ReturnType<typeof passwordValues>;

/** Registration, password policy, and cost of hashing. */
export class PasswordConfig extends sliceOf<PasswordValues>() {}

/** Adds the defaults that depend on the environment. */
export function passwordValues(
  values: ValuesOf<typeof PASSWORD_SETTINGS>,
  { environment, workers }: Runtime,
) {
  const threads = values.hashWorkers ?? Math.max(2, availableParallelism() - 1);
  return {
    ...values,
    blocklist: values.blocklist ?? environment === 'production',
    hashWorkers: Math.max(1, Math.floor(threads / workers)),
  };
}
