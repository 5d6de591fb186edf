import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiResponse,
  ApiSecurity,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiProblems } from './api-problems.decorator';
import { CLIENT_BASIC, SERVICE_KEY } from './security-schemes';
import type { Scope } from '../../security/permissions';
import { OAuthErrorDto } from '../problems/oauth-error.dto';

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request is malformed, names a parameter twice, or asks for what there is not',
  401: 'The client credentials are missing or not valid',
  403: 'The caller lacks the scope',
  413: 'The body is larger than 64 KiB',
  415: 'The body is no form',
};
const CHALLENGE = {
  'WWW-Authenticate': { description: 'The challenge', required: true, schema: { type: 'string' as const } },
};

/** Documents a route that takes a form from a client. `scope`: what the client needs; `isOpen`: credentials may be left out. */
export function ApiOAuth(
  form: Type,
  { scope, isOpen = false }: { readonly scope?: Scope; readonly isOpen?: boolean } = {},
) {
  const permissions = scope === undefined ? [] : [scope];
  const statuses = scope === undefined ? [400, 401, 413, 415] : [400, 401, 403, 413, 415];
  return applyDecorators(
    ApiConsumes('application/x-www-form-urlencoded'),
    ApiBody({ type: form }),
    ApiExtraModels(OAuthErrorDto),
    ApiSecurity(CLIENT_BASIC.name, permissions),
    ApiSecurity(SERVICE_KEY.name, permissions),
    ...(isOpen ? [ApiSecurity({})] : []),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: MEANINGS[status] ?? '',
        ...([401, 403].includes(status) && { headers: CHALLENGE }),
        content: { 'application/json': { schema: { $ref: getSchemaPath(OAuthErrorDto) } } },
      }),
    ),
    ApiProblems('too-many-requests', 'overloaded', 'service-unavailable'),
  );
}
