import type { PlatformRole } from './identity-context';

/** What a route can ask of its caller: a service has what the scopes of its credential name, a user what their role grants. */
export type Permission =
  'audit:read' | 'domains:write' | 'teams:write' | 'tokens:validate' | 'users:read' | 'users:write';

/** Metadata key of the permission that a route asks for; `@RequirePermission()` sets it. */
export const REQUIRED_PERMISSION = 'required-permission';

/** What each platform role grants. Tokens are validated by services: no role grants that. */
const PERMISSIONS_OF_ROLES: Readonly<Record<PlatformRole, readonly Permission[]>> = {
  user: [],
  admin: ['audit:read', 'domains:write', 'teams:write', 'users:read', 'users:write'],
};

/** What a user of this platform role may do; whoever changes something asks `AuthorityService`. */
export function permissionsOfRole(role: PlatformRole): readonly Permission[] {
  return PERMISSIONS_OF_ROLES[role];
}
