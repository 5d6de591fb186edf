import { Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JsonWebTokenError } from '@nestjs/jwt';
import { AuthGuard, type IAuthGuard } from '@nestjs/passport';
import { AppError } from '../../common/errors/app-error';
import { PUBLIC_ROUTE } from '../../common/security/public.decorator';
import type { Principal } from '../../common/security/principal';
import { AuthConfig } from '../../config/auth.config';
import { strategyChain } from '../strategies/strategy-chain';
import { refused } from '../tokens/access-tokens';

/**
 * Closes every route that is not marked public, and asks the chain of strategies who calls. The first strategy that
 * owns the credential decides. An outage is never a 401: whatever is not a refusal goes on as it was thrown.
 */
@Injectable()
export class CompositeAuthGuard implements CanActivate {
  private readonly chain: IAuthGuard;

  constructor(
    private readonly reflector: Reflector,
    config: AuthConfig,
  ) {
    const Chain: Type<IAuthGuard> = AuthGuard(strategyChain(config));
    this.chain = new Chain();
    this.chain.handleRequest = principalOrRefusal as IAuthGuard['handleRequest'];
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

/** Passport's outcome as ours: `info` holds why the strategies that did not throw passed the request on. */
function principalOrRefusal(error: unknown, principal: Principal | false, info: unknown): Principal {
  if (error) throw error as Error;
  if (principal) return principal;
  for (const failure of [info].flat()) {
    if (failure instanceof AppError) throw failure;
    if (failure instanceof JsonWebTokenError) throw refused('signature');
  }
  throw new AppError('authentication-required');
}
