import { auditEvent, type AuditFacts } from '../audit/audit-event';
import type { RefusedPassword } from '../passwords/password-authenticator';

interface SignInFacts extends AuditFacts {
  readonly user_id: string;
  readonly session_id: string;
  /** Absent for a sign-in with a password. */
  readonly method?: 'development';
}

interface RefusedSignInFacts extends AuditFacts {
  readonly reason: RefusedPassword['reason'];
}

export const REGISTERED = auditEvent<AuditFacts>('auth.registered', 'success', { isByUser: true });
export const ACTIVATED = auditEvent<AuditFacts>('auth.activated', 'success', { isByUser: true });
export const LOGIN_SUCCEEDED = auditEvent<SignInFacts>('auth.login.succeeded', 'success', { isByUser: true });
export const LOGIN_FAILED = auditEvent<RefusedSignInFacts>('auth.login.failed', 'failure');
