import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../common/errors/app-error';

/**
 * The refusal of a request without a credential. A development header that is switched off is named in the log and, outside
 * production, to the caller, who would look for the fault elsewhere.
 */
export function unauthenticated(
  headers: IncomingHttpHeaders,
  { devHeaders, production }: { readonly devHeaders: boolean; readonly production: boolean },
): AppError {
  const isIgnored = !devHeaders && (headers['x-user-email'] ?? headers['x-user-name']) !== undefined;
  if (!isIgnored) return new AppError('authentication-required');
  return new AppError('authentication-required', {
    reason: 'development headers are off',
    ...(!production && {
      detail:
        'Authentication is required. The headers X-User-Email and X-User-Name count only while AUTH_ALLOW_DEV_HEADERS=true.',
    }),
  });
}
