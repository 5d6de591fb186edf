import { auditEvent, type AuditFacts } from '../audit/audit-event';

interface LockoutFacts extends AuditFacts {
  /** What is guessed at. */
  readonly subject: 'account' | 'device' | 'client';
  readonly failures: number;
  /** Whether there are no further guesses, or only waits between them. */
  readonly until: 'next guess waits' | 'operator acts';
}

interface ClearedFacts extends AuditFacts {
  readonly by: 'operator';
}

export const LOCKOUT_BEGAN = auditEvent<LockoutFacts>('auth.lockout.began', 'denied');
export const LOCKOUT_CLEARED = auditEvent<ClearedFacts>('auth.lockout.cleared', 'success');
