import { applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from './api-problems.decorator';
import { SECURITY_SCHEMES } from './security-schemes';

/** Documents a guarded route: the ways to authenticate, and what the guard answers. */
export const ApiAuthenticated = () =>
  applyDecorators(
    ...SECURITY_SCHEMES.map(({ name }) => ApiSecurity(name)),
    ApiProblems(
      'malformed-authorization',
      'authentication-required',
      'invalid-token',
      'email-not-verified',
      'identity-conflict',
      'service-unavailable',
    ),
  );
