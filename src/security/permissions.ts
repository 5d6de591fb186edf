/** What a route can ask of its caller: a service has what the scopes of its credential name, a user what their role grants. */
export type Permission =
  'audit:read' | 'domains:write' | 'teams:write' | 'tokens:validate' | 'users:read' | 'users:write';

/** Metadata key of the permission that a route asks for; `@RequirePermission()` sets it. */
export const REQUIRED_PERMISSION = 'required-permission';
