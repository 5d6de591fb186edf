import type { AppError } from '../common/errors/app-error';
import type { Audit } from './audit';
import { auditEvent, type AuditFacts } from './audit-event';

const ACCESS_DENIED = auditEvent<AuditFacts & { readonly code: string }>('auth.access.denied', 'denied');

/** Records the refusal of users who may not do what they asked for. */
export function auditDeniedAccess(audit: Audit): (error: AppError) => void {
  return ({ status, code }) => {
    if (status === 403) audit.record(ACCESS_DENIED, { code });
  };
}
