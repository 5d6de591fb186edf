import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { SERVICE_SCOPE, type Scope } from '../../security/permissions';
import { ApiProblems } from './api-problems.decorator';
import type { DocumentedProblem } from './problem-response';
import { ACCESS_TOKEN } from './security-schemes';

/** Problems of authentication on every guarded route. */
export const AUTHENTICATION_PROBLEMS: readonly DocumentedProblem[] = [
  'malformed-authorization',
  'authentication-required',
  'invalid-token',
  'email-not-verified',
  'identity-conflict',
  'forbidden',
  'overloaded',
  'service-unavailable',
];

/**
 * Documents a guarded route, or a controller of such routes: the ways to authenticate, and the guard's problems. Pass the
 * route's own problems with one of the guard's statuses (400, 401, 503) here.
 */
export const ApiAuthenticated = (...problems: readonly DocumentedProblem[]) =>
  applyDecorators(ApiSecurity(ACCESS_TOKEN.name), ApiProblems(...AUTHENTICATION_PROBLEMS, ...problems));

/**
 * Opens a route that asks users for no permission to services with this scope, and documents that (`x-service-scope`). Replaces
 * `@ApiAuthenticated()` and takes further problems in the same way.
 */
export const ForServices = (scope: Scope, ...problems: readonly DocumentedProblem[]) =>
  applyDecorators(
    SetMetadata(SERVICE_SCOPE, scope),
    ApiExtension('x-service-scope', scope),
    ApiAuthenticated('insufficient-scope', ...problems),
  );
