import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import type { UserPrincipal } from './principal';

/** The user calling a guarded route; refuses a service with `forbidden`. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  currentUser(context.switchToHttp().getRequest<Request>()),
);

function currentUser({ principal }: Request): UserPrincipal {
  if (!principal) throw new Error('@CurrentUser() is used on a route that the guard does not protect');
  if (principal.kind !== 'user') throw new AppError('forbidden', { detail: 'Only a user can do this.' });
  return principal;
}
