import { HttpException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import type { UserContext } from '../api-types';
import type { AuthClient } from '../types';
import { authenticate, type Headers } from './authenticate';
import { DOMAIN, TEAM, type TeamNeed } from './nest-decorators';
import { isInTeam } from './need';
import { forbidden, PROBLEM_MEDIA_TYPE, type Problem } from './problem';
import { AUTH_CLIENT } from './nest-token';

/** Of Express and of Fastify. */
interface Response {
  header(name: string, value: string): unknown;
}

/** Lets users pass, with `request.user`, and answers everybody else with problem+json. Never 401 when it cannot decide. */
@Injectable()
export class AuthClientGuard implements CanActivate {
  constructor(
    @Inject(AUTH_CLIENT) private readonly client: AuthClient,
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** Mode `offline` knows no teams and domains: routes that ask for them stop the start. */
  onApplicationBootstrap(): void {
    if (this.client.mode !== 'offline') return;
    for (const { controllers } of this.modules.values()) {
      for (const { metatype } of controllers.values()) {
        if (typeof metatype === 'function' && hasNeeds(metatype))
          throw new TypeError(`${metatype.name} asks for teams or domains, which mode offline does not know`);
      }
    }
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') throw new Error('AuthClientGuard guards routes of HTTP only');
    const request = context
      .switchToHttp()
      .getRequest<Headers & { readonly raw?: Headers; user?: UserContext }>();
    const { user, problem } = await authenticate(this.client, request.raw ?? request, {});
    if (!user) throw refused(context, problem);
    if (!this.isAllowed(context, user)) throw refused(context, forbidden());
    request.user = user;
    return true;
  }

  private isAllowed(context: ExecutionContext, user: UserContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const teams = this.reflector.getAll<(TeamNeed | undefined)[]>(TEAM, targets);
    const domains = this.reflector.getAll<(string | undefined)[]>(DOMAIN, targets);
    return (
      teams.every((team) => team === undefined || isInTeam(user, team.id, team.role)) &&
      domains.every(
        (domain) => domain === undefined || user.effective_domains.some(({ key }) => key === domain),
      )
    );
  }
}

function refused(context: ExecutionContext, { status, headers, body }: Problem): HttpException {
  const response = context.switchToHttp().getResponse<Response>();
  for (const [name, value] of Object.entries({ ...headers, 'Content-Type': PROBLEM_MEDIA_TYPE }))
    response.header(name, value);
  return new HttpException(body, status);
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what Nest calls a metatype
function hasNeeds(controller: Function): boolean {
  const prototype = controller.prototype as Record<string, unknown>;
  const handlers = Object.getOwnPropertyNames(prototype)
    .map((name) => Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown)
    .filter((value) => typeof value === 'function');
  const reflector = new Reflector();
  return [controller, ...handlers].some((target) =>
    [TEAM, DOMAIN].some((name) => reflector.get<unknown>(name, target) !== undefined),
  );
}
