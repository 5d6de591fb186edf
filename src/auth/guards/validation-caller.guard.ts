import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../../common/errors/app-error';
import { HttpConfig } from '../../config/http.config';
import type { Principal } from '../../security/principal';
import { bearerToken } from '../bearer-credential';
import { requireScope, ServiceCallers } from '../service-callers';
import { serviceKeyOf } from '../service-key-credential';

/** Where gateways send their own credential: the Authorization header is that of the user. */
export const GATEWAY_CREDENTIAL_HEADER = 'X-Auth-Service-Key';

/**
 * Guards the public routes that validate tokens while `AUTH_VALIDATE_REQUIRES_CREDENTIAL` is on: the caller must be a service with
 * the scope `tokens:validate`. Refuses with a 401 without a good credential, with `insufficient-scope` without the scope.
 */
@Injectable()
export class ValidationCallerGuard implements CanActivate {
  constructor(
    private readonly http: HttpConfig,
    protected readonly callers: ServiceCallers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!this.http.validateRequiresCredential) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const caller = await this.callerOf(request);
    if (!caller) throw new AppError('authentication-required', { reason: 'no credential of a service' });
    request.principal = caller;
    requireScope(caller, 'tokens:validate');
    return true;
  }

  /** Whoever calls; undefined without a credential. */
  protected callerOf(request: Request): Promise<Principal | undefined> {
    return this.callers.authenticate(request);
  }
}

/** The same for a route where the Authorization header usually is that of a user, who is not the caller. */
@Injectable()
export class GatewayCallerGuard extends ValidationCallerGuard {
  protected override async callerOf(request: Request): Promise<Principal | undefined> {
    const text = request.get(GATEWAY_CREDENTIAL_HEADER);
    if (text !== undefined && text !== '') return this.callers.authenticateText(text);
    const bearer = bearerToken(request);
    const isService =
      serviceKeyOf(request) ?? (bearer !== undefined && this.callers.isServiceCredential(bearer));
    return isService ? super.callerOf(request) : undefined;
  }
}
