import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import { REQUIRED_PERMISSION, type Permission } from '../security/permissions';
import { permissionsOf } from '../security/principal';

/** Refuses with `forbidden` a caller who lacks the permission that the route names. It runs after authentication. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const required = this.reflector.getAllAndOverride<Permission | undefined>(REQUIRED_PERMISSION, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (required === undefined) return true;
    const { principal } = context.switchToHttp().getRequest<Request>();
    if (!principal) throw new Error('a route that asks for a permission is public');
    if (permissionsOf(principal).includes(required)) return true;
    throw new AppError('forbidden', { reason: `lacks ${required}` });
  }
}
