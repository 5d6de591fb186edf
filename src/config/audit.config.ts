import { isGuessableSecret, GUESSABLE } from './guessable-secrets';
import { integer, list, text } from './rules';
import { secret, setting, sliceOf, type ValuesOf } from './setting';
import type { KeySettings } from './signing-keys';

export const AUDIT_SETTINGS = {
  key: secret(
    'AUTH_AUDIT_KEY',
    text.optional(),
    'Secret of at least 32 bytes that keys the chain of the audit log: `openssl rand -base64 48`. Unset: derived from the signing key',
    { inProduction: (key) => key !== undefined && isGuessableSecret(key) && GUESSABLE },
  ),
  previousKeys: secret(
    'AUTH_AUDIT_PREVIOUS_KEYS',
    list(text).default([]),
    'Previous audit keys, comma-separated; `npm run audit -- verify` checks with them what was written before a rotation',
  ),
  retentionDays: setting(
    'AUTH_AUDIT_RETENTION_DAYS',
    integer(1, 36_500).default(365),
    'Days that audit events are kept; a month of them goes when its last day is older. Read by the process that migrates',
  ),
};

type AuditValues = ReturnType<typeof auditValues>;

/** How the audit log is kept. */
export class AuditConfig extends sliceOf<AuditValues>() {}

/** Adds the keys of the chain: the current one, then previous ones. */
export function auditValues({ retentionDays }: ValuesOf<typeof AUDIT_SETTINGS>, { audit }: KeySettings) {
  return { retentionDays, keys: audit };
}
