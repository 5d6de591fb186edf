import { Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { AuthGuard, AuthModuleOptions, type IAuthGuard } from '@nestjs/passport';
import { PUBLIC_ROUTE } from '../../security/public.decorator';
import type { Principal } from '../../security/principal';
import { DevelopmentConfig } from '../../config/development.config';
import { FederationConfig } from '../../config/federation.config';
import { HttpConfig } from '../../config/http.config';
import { strategyChain } from '../strategies/strategy-chain';
import { tokenRefusal } from '../../tokens/access-tokens';
import { unauthenticated } from './unauthenticated';

/**
 * Requires authentication on every route that is not marked public. The first strategy of the chain that owns the credential
 * decides. An outage is never a 401: errors that are not refusals pass through unchanged.
 */
@Injectable()
export class CompositeAuthGuard implements CanActivate {
  private readonly chain: IAuthGuard;

  constructor(
    private readonly reflector: Reflector,
    options: AuthModuleOptions,
    development: DevelopmentConfig,
    federation: FederationConfig,
    http: HttpConfig,
  ) {
    const chain = strategyChain(development, federation);
    const Chain: Type<IAuthGuard> = AuthGuard(chain.map(({ name }) => name));
    this.chain = new Chain(options);
    const modes = { devHeaders: development.devHeaders, production: http.production };
    const handle: HandleRequest = (error, principal, info, context) => {
      const { headers } = context.switchToHttp().getRequest<Request>();
      return principalOrRefusal(error, principal, info) ?? fail(unauthenticated(headers, modes));
    };
    this.chain.handleRequest = handle as IAuthGuard['handleRequest'];
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean>(PUBLIC_ROUTE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isPublic) return true;
    return (await this.chain.canActivate(context)) as boolean;
  }
}

type HandleRequest = (
  error: unknown,
  principal: Principal | false,
  info: unknown,
  context: ExecutionContext,
) => Principal;

function fail(error: Error): never {
  throw error;
}

/** Translates passport's outcome. `info` holds the error of the strategy that owns the request. Undefined when none does. */
function principalOrRefusal(
  error: unknown,
  principal: Principal | false,
  info: unknown,
): Principal | undefined {
  if (error) throw error as Error;
  if (principal) return principal;
  const failure = [info].flat().find((each) => each instanceof Error);
  if (failure) throw tokenRefusal(failure) ?? failure;
  return undefined;
}
