import type { AppError } from '../common/errors/app-error';
import type { Audit } from './audit';
import { auditEvent, type AuditFacts } from './audit-event';

const ACCESS_DENIED = auditEvent<AuditFacts & { readonly code: string }>('auth.access.denied', 'denied', {
  mayBeMissed: true,
});

/** Records requests that were refused for lack of permission. */
export function auditDeniedAccess(audit: Audit): (error: AppError) => Promise<void> | undefined {
  return ({ status, code }) => (status === 403 ? audit.record(ACCESS_DENIED, { code }) : undefined);
}
