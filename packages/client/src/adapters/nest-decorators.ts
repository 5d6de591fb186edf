import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { UserContext } from '../api-types';

/** Where the decorators leave what a route asks for. */
export const TEAM = 'promptstack-auth-client:team';
export const DOMAIN = 'promptstack-auth-client:domain';

/** A team that a route asks for. */
export interface TeamNeed {
  readonly id: string;
  readonly role: string | undefined;
}

/** The user whom `AuthClientGuard` has let pass. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): UserContext => {
  const { user } = context.switchToHttp().getRequest<{ user?: UserContext }>();
  if (!user) throw new Error('@CurrentUser() in a route that AuthClientGuard does not guard');
  return user;
});

/**
 * Lets members of an active team pass. Together with a decorator of the class both hold.
 *
 * @param id of the team
 * @param role in the team that is needed: `owner`, `admin` (owners too, and administrators of the platform) or `member`
 */
export const RequireTeam = (id: string, role?: 'owner' | 'admin' | 'member' | 'user') =>
  SetMetadata<string, TeamNeed>(TEAM, { id, role });

/**
 * Lets users pass who have access to a domain, also by inheritance. Together with a decorator of the class both hold.
 *
 * @param key of the domain
 */
export const RequireDomain = (key: string) => SetMetadata(DOMAIN, key);
