import type { PlatformRole } from './identity-context';

/** The permissions that a service can have. */
export const SCOPES = [
  'tokens:validate',
  'users:read',
  'users:write',
  'teams:write',
  'domains:write',
  'audit:read',
] as const;

/** A permission that a service can have, as `scope` names it (RFC 6749 section 3.3). */
export type Scope = (typeof SCOPES)[number];

/**
 * Permissions that a route can require: a service has those of its credential's scopes, a user those of the platform role.
 * `services:write` is for users alone: no service gives itself keys.
 */
export type Permission = Scope | 'services:write';

/** Metadata key of the permission that a route requires; set by `@RequirePermission()`. */
export const REQUIRED_PERMISSION = 'required-permission';
/** Metadata key of the scope with which services may call a route that asks users for no permission; set by `@ForServices()`. */
export const SERVICE_SCOPE = 'service-scope';

/** What each platform role grants. Tokens are validated by services: no role grants that. */
const PERMISSIONS_OF_ROLES: Readonly<Record<PlatformRole, readonly Permission[]>> = {
  user: [],
  admin: ['audit:read', 'domains:write', 'services:write', 'teams:write', 'users:read', 'users:write'],
};

/** What a user of this platform role may do; whoever changes something asks `AuthorityService`. */
export function permissionsOfRole(role: PlatformRole): readonly Permission[] {
  return PERMISSIONS_OF_ROLES[role];
}

/** What the scopes of a service's credential grant: `users:write` includes `users:read`. */
export function permissionsOfScopes(scopes: readonly Scope[]): readonly Permission[] {
  return scopes.includes('users:write') && !scopes.includes('users:read')
    ? [...scopes, 'users:read']
    : scopes;
}

/** Whether a text or permission is a scope. */
export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}
