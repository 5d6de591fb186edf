import { auditEvent, type AuditFacts } from '../audit/audit-event';

interface TargetFacts extends AuditFacts {
  readonly user_id: string;
}

interface ChangeFacts extends TargetFacts {
  /** Names of the members that were given. */
  readonly changed: readonly string[];
  readonly role?: string;
  readonly is_active?: boolean;
}

/** An operator's act at the command line, where no caller is known. */
export interface OperatorFacts extends TargetFacts {
  readonly by: 'operator';
}

export const USER_CREATED = auditEvent<TargetFacts & { readonly role: string }>('user.created', 'success');
export const USER_UPDATED = auditEvent<ChangeFacts>('user.updated', 'success');
export const USER_DELETED = auditEvent<TargetFacts>('user.deleted', 'success');
export const USER_EXPORTED = auditEvent<TargetFacts>('user.exported', 'success');
export const ACTIVATION_ISSUED = auditEvent<TargetFacts>('user.activation.issued', 'success');
export const TOMBSTONE_REMOVED = auditEvent<TargetFacts>('user.tombstone.removed', 'success');
export const ADMIN_GRANTED = auditEvent<OperatorFacts>('user.admin.granted', 'success');
export const ADMIN_REVOKED = auditEvent<OperatorFacts>('user.admin.revoked', 'success');
