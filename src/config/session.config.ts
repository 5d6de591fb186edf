import { isGuessableSecret, GUESSABLE } from './guessable-secrets';
import { integer, list, text } from './rules';
import { secret, setting, sliceOf, type ValuesOf } from './setting';
import type { KeySettings } from './signing-keys';

export const SESSION_SETTINGS = {
  refreshTokenKey: secret(
    'AUTH_REFRESH_TOKEN_KEY',
    text.optional(),
    'Secret of at least 32 bytes to derive refresh tokens with: `openssl rand -base64 48`. Unset: derived from the signing key',
    { inProduction: (key) => key !== undefined && isGuessableSecret(key) && GUESSABLE },
  ),
  refreshTokenPreviousKeys: secret(
    'AUTH_REFRESH_TOKEN_PREVIOUS_KEYS',
    list(text).default([]),
    'Additional refresh token keys (previous, or next before a rotation), comma-separated; used to answer retries',
    { inProduction: (keys) => keys.some(isGuessableSecret) && GUESSABLE },
  ),
  graceSeconds: setting(
    'AUTH_REFRESH_TOKEN_GRACE_SECONDS',
    integer(0, 300).default(10),
    'Grace period in which the same user agent may retry a refresh token, in seconds; 0 allows a single use, as OWASP ASVS 5.0 (10.4.5) asks',
  ),
  idleDays: setting(
    'AUTH_SESSION_IDLE_DAYS',
    integer(1, 365).default(7),
    'Days without a refresh after which a session expires',
  ),
  maxDays: setting(
    'AUTH_SESSION_MAX_DAYS',
    integer(1, 3650).default(30),
    'Days after which every session expires',
  ),
  cleanupIntervalSeconds: setting(
    'AUTH_CLEANUP_INTERVAL_SECONDS',
    integer(1, 86_400).default(3600),
    'Interval between deletions of expired sessions, in seconds',
  ),
};

type SessionValues = ReturnType<typeof sessionValues>;

/** Lifetime of sessions and rotation of refresh tokens. */
export class SessionConfig extends sliceOf<SessionValues>() {}

/** Adds the keys from which refresh tokens are derived: the current one, then previous ones. */
export function sessionValues(
  { refreshTokenKey: _key, refreshTokenPreviousKeys: _keys, ...values }: ValuesOf<typeof SESSION_SETTINGS>,
  { refresh }: KeySettings,
) {
  return { ...values, refreshTokenKeys: refresh };
}
