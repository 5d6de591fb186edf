import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { isScope, REQUIRED_PERMISSION, type Permission } from '../../security/permissions';
import { AUTHENTICATION_PROBLEMS } from './api-authenticated.decorator';
import { ApiProblems } from './api-problems.decorator';
import type { DocumentedProblem } from './problem-response';
import { ACCESS_TOKEN } from './security-schemes';

/**
 * Restricts a route, or the routes of a controller, to callers with this permission, and documents that: the permission in the
 * security requirement (OpenAPI 3.1, Security Requirement Object), and the guards' problems. Replaces `@ApiAuthenticated()`
 * and takes further problems in the same way.
 */
export const RequirePermission = (permission: Permission, ...problems: readonly DocumentedProblem[]) =>
  applyDecorators(
    SetMetadata(REQUIRED_PERMISSION, permission),
    ApiSecurity(ACCESS_TOKEN.name, [permission]),
    ApiProblems(
      ...AUTHENTICATION_PROBLEMS,
      ...(isScope(permission) ? (['insufficient-scope'] as const) : []),
      ...problems,
    ),
  );
