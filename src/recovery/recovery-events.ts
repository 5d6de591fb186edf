import { auditEvent, type AuditFacts } from '../audit/audit-event';

interface UserFacts extends AuditFacts {
  readonly user_id: string;
}

export const VERIFICATION_REQUESTED = auditEvent<UserFacts>('auth.email.verification-requested', 'success');
export const EMAIL_VERIFIED = auditEvent<UserFacts>('auth.email.verified', 'success', { isByUser: true });
export const CODE_REFUSED = auditEvent<AuditFacts & { readonly purpose: string }>(
  'auth.code.refused',
  'failure',
);
/** Of an address that may be anybody's or nobody's. */
export const RESET_REQUESTED = auditEvent<AuditFacts>('auth.password.reset-requested', 'success');
export const PASSWORD_RESET = auditEvent<UserFacts>('auth.password.reset', 'success', { isByUser: true });
export const EMAIL_CHANGE_REQUESTED = auditEvent<UserFacts>('auth.email.change-requested', 'success');
export const EMAIL_CHANGED = auditEvent<UserFacts>('auth.email.changed', 'success', { isByUser: true });
export const EMAIL_CHANGE_UNDONE = auditEvent<UserFacts>('auth.email.change-undone', 'success', {
  isByUser: true,
});
