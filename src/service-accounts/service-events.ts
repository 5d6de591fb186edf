import { auditEvent, type AuditFacts } from '../audit/audit-event';
import type { Scope } from '../security/permissions';

interface AccountFacts extends AuditFacts {
  readonly service_id: string;
}

interface KeyFacts extends AccountFacts {
  readonly key_id: string;
}

interface NewAccountFacts extends AccountFacts {
  readonly scopes: readonly Scope[];
}

interface ChangedAccountFacts extends AccountFacts {
  /** Names of the members that the request held. */
  readonly changed: readonly string[];
  readonly scopes?: readonly Scope[];
  readonly owner_id?: string | null;
}

/** Keys that were revoked. */
export interface RevokedKeysFacts extends AccountFacts {
  /** Absent: all keys of the account. */
  readonly key_id?: string;
  readonly count: number;
  /** Whether whoever had the key has revoked it. */
  readonly by_holder?: true;
}

export const SERVICE_ACCOUNT_CREATED = auditEvent<NewAccountFacts>('service-account.created', 'success');
export const SERVICE_ACCOUNT_UPDATED = auditEvent<ChangedAccountFacts>('service-account.updated', 'success');
export const SERVICE_ACCOUNT_DELETED = auditEvent<AccountFacts>('service-account.deleted', 'success');
export const SERVICE_KEY_CREATED = auditEvent<KeyFacts>('service-key.created', 'success');
export const SERVICE_KEYS_REVOKED = auditEvent<RevokedKeysFacts>('service-key.revoked', 'success');
export const SERVICE_TOKEN_ISSUED = auditEvent<KeyFacts>('service-token.issued', 'success');
export const SERVICE_TOKEN_REVOKED = auditEvent<AccountFacts>('service-token.revoked', 'success');
