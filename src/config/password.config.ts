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
    'Who may register: `open` (anyone), `closed` (no one), or a comma-separated list of address domains, each without those below it',
  ),
  signIn: setting(
    'AUTH_PASSWORD_SIGN_IN',
    boolean.default(true),
    '`false`: no password counts; register, login and change of password answer 403',
  ),
  minLength: setting(
    'AUTH_PASSWORD_MIN_LENGTH',
    integer(8, 256).default(8),
    'Fewest characters (code points) of a new password',
  ),
  blocklist: setting(
    'AUTH_PASSWORD_BLOCKLIST',
    boolean.optional(),
    'Refuses well-known passwords. Unset: `true` in production, else `false`',
  ),
  hashCost: setting(
    'AUTH_PASSWORD_HASH_COST',
    integer(4, 15).default(12),
    'bcrypt cost; at least 10 in production. Lower stored costs are raised at login',
    {
      inProduction: (cost) =>
        cost < MIN_PRODUCTION_HASH_COST && `must be at least ${MIN_PRODUCTION_HASH_COST}`,
    },
  ),
  hashWorkers: setting(
    'AUTH_PASSWORD_HASH_WORKERS',
    integer(1, 64).optional(),
    'Threads that hash passwords. Unset: one fewer than the cores, at least 2',
  ),
  hashQueue: setting(
    'AUTH_PASSWORD_HASH_QUEUE',
    integer(100, 10_000).default(200),
    'Password hashes that may wait for a thread; beyond them, those of whoever has most waiting are answered 503',
  ),
};

type PasswordValues = ReturnType<typeof passwordValues>;

/** Who may register, what a password must be, and what hashing it may cost. */
export class PasswordConfig extends sliceOf<PasswordValues>() {}

/** The values with the defaults that depend on where the service runs. */
export function passwordValues(values: ValuesOf<typeof PASSWORD_SETTINGS>, { environment }: Runtime) {
  return {
    ...values,
    blocklist: values.blocklist ?? environment === 'production',
    hashWorkers: values.hashWorkers ?? Math.max(2, availableParallelism() - 1),
  };
}
