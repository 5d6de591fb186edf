import type { PlatformRole } from './identity-context';

/** Permissions that a route can require: a service has those of its credential's scopes, a user those of the platform role. */
export type Permission =
  'audit:read' | 'domains:write' | 'teams:write' | 'tokens:validate' | 'users:read' | 'users:write';

/** Metadata key of the permission that a route requires; set by `@RequirePermission()`. */
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

/** What the scopes of a service's credential grant: `users:write` includes `users:read`. */
export function permissionsOfScopes(scopes: readonly Permission[]): readonly Permission[] {
  return scopes.includes('users:write') && !scopes.includes('users:read')
    ? [...scopes, 'users:read']
    : scopes;
}
