import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import {
  isScope,
  REQUIRED_PERMISSION,
  SERVICE_SCOPE,
  type Permission,
  type Scope,
} from '../security/permissions';
import { permissionsOf, type ServicePrincipal } from '../security/principal';

/** Refuses callers who lack the permission that the route names. It runs after authentication. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /**
   * A user without the permission is refused with `forbidden`, a service with `insufficient-scope`. Routes that name nothing for
   * services are closed to them: what a user does with their own account is nothing for a service.
   */
  canActivate(context: ExecutionContext): boolean {
    const required = this.read<Permission>(REQUIRED_PERMISSION, context);
    const { principal } = context.switchToHttp().getRequest<Request>();
    if (principal?.kind === 'service') {
      requireScope(principal, required ?? this.read<Scope>(SERVICE_SCOPE, context));
      return true;
    }
    if (required === undefined) return true;
    if (!principal) throw new Error('a route that asks for a permission is public');
    if (permissionsOf(principal).includes(required)) return true;
    throw new AppError('forbidden', { reason: `lacks ${required}` });
  }

  private read<T>(key: string, context: ExecutionContext): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}

function requireScope(service: ServicePrincipal, permission: Permission | undefined): void {
  if (permission === undefined || !isScope(permission)) {
    throw new AppError('forbidden', { detail: 'Only a user can do this.', reason: 'a service' });
  }
  if (permissionsOf(service).includes(permission)) return;
  throw new AppError('insufficient-scope', { scope: permission, reason: `lacks ${permission}` });
}
