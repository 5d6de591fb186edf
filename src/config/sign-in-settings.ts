import { registration } from './registration';
import { boolean, integer, optional, setting } from './setting';

/** Registration, and what passwords must be and cost. */
export const SIGN_IN_SETTINGS = {
  registration: setting(
    'AUTH_REGISTRATION',
    registration,
    'open',
    'Who may register: `open` (anyone), `closed` (no one), or a comma-separated list of address domains, each without those below it',
  ),
  passwordSignIn: setting(
    'AUTH_PASSWORD_SIGN_IN',
    boolean,
    'true',
    '`false`: no password counts; register, login and change of password answer 403',
  ),
  passwordMinLength: setting(
    'AUTH_PASSWORD_MIN_LENGTH',
    integer(8, 256),
    '8',
    'Fewest characters (code points) of a new password',
  ),
  passwordBlocklist: optional(
    'AUTH_PASSWORD_BLOCKLIST',
    boolean,
    'Refuses well-known passwords. Unset: `true` in production, else `false`',
  ),
  passwordHashCost: setting(
    'AUTH_PASSWORD_HASH_COST',
    integer(4, 15),
    '12',
    'bcrypt cost; at least 10 in production. Lower stored costs are raised at login',
  ),
  passwordHashWorkers: optional(
    'AUTH_PASSWORD_HASH_WORKERS',
    integer(1, 64),
    'Threads that hash passwords. Unset: one fewer than the cores, at least 2',
  ),
  passwordHashQueue: setting(
    'AUTH_PASSWORD_HASH_QUEUE',
    integer(100, 10000),
    '200',
    'Password hashes that may wait for a thread; beyond them, those of whoever has most waiting are answered 503',
  ),
} as const;
