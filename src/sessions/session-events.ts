import { auditEvent, type AuditFacts } from '../audit/audit-event';
import type { EndReason } from './end-reason';

/** Facts of an event of one session. */
interface SessionFacts extends AuditFacts {
  readonly user_id: string;
  readonly session_id: string;
}

/** Facts of a refused refresh token: of a session, where there is one. */
interface RefusedFacts extends AuditFacts {
  readonly session_id?: string | undefined;
}

/** Facts of ended sessions: of one user or, by an operator, of all users. */
export interface EndFacts extends AuditFacts {
  readonly session_id?: string;
  readonly reason: EndReason;
  readonly count: number;
  /** Only sessions opened before this time. */
  readonly before?: string;
}

export const SESSIONS_ENDED = auditEvent<EndFacts>('auth.sessions.ended', 'success');
export const REFRESHED = auditEvent<SessionFacts>('auth.refreshed', 'success', { isByUser: true });
export const REFRESH_RETRIED = auditEvent<SessionFacts>('auth.refresh.retried', 'success', {
  isByUser: true,
});
export const REFRESH_REFUSED = auditEvent<RefusedFacts>('auth.refresh.refused', 'denied');
export const REFRESH_REUSED = auditEvent<SessionFacts>('auth.refresh.reused', 'denied');
