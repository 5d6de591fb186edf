import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../common/errors/app-error';

/**
 * The refusal of a request without a credential. If it has a development header while those are off, the log says so and,
 * outside production, the response too.
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
