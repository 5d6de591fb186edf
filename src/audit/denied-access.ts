import type { AppError } from '../common/errors/app-error';
import type { Audit } from './audit';

/** Records the refusal of users who may not do what they asked for. */
export function auditDeniedAccess(audit: Audit): (error: AppError) => void {
  return ({ status, code }) => {
    if (status === 403) audit.record('auth.access.denied', { code });
  };
}
