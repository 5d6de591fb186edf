import { auditEvent, type AuditFacts } from '../audit/audit-event';

export const PASSWORD_CHANGED = auditEvent<AuditFacts>('auth.password.changed', 'success');
export const PASSWORD_CHANGE_FAILED = auditEvent<AuditFacts>('auth.password.change-failed', 'failure');
export const REAUTHENTICATION_FAILED = auditEvent<AuditFacts>('auth.reauthentication.failed', 'failure');
