import type { IdentityContext } from '../../../src/security/identity-context';
import { permissionsOfRole, permissionsOfScopes, type Scope } from '../../../src/security/permissions';
import {
  servicePrincipal,
  userPrincipal,
  type Principal,
  type ServicePrincipal,
  type UserPrincipal,
} from '../../../src/security/principal';
import { Authority } from '../../../src/users/authority.service';
import type { LockedUser } from '../../../src/users/users.repository';

const LONG_AGO = new Date('2026-01-02T03:04:05.000Z');

/** A user as read; Ada by default, who has proven her address. */
export function anIdentity(facts: Partial<IdentityContext> = {}): IdentityContext {
  return {
    id: 'ada',
    email: 'ada@example.com',
    emailVerified: true,
    name: 'Ada',
    avatarUrl: null,
    createdAt: LONG_AGO,
    isActive: true,
    role: 'user',
    teams: [],
    domains: [],
    effectiveDomains: [],
    ...facts,
  };
}

/** A user whose row is locked; Ada by default. */
export function aLockedUser(facts: Partial<LockedUser> = {}): LockedUser {
  const { id, email, name, role, isActive, emailVerified } = anIdentity();
  return { id, email, name, role, isActive, emailVerified, hasPassword: true, updatedAt: LONG_AGO, ...facts };
}

/** A user as caller, in the session `her-session`. */
export function aUser(
  identity: Partial<IdentityContext> = {},
  facts: Partial<UserPrincipal> = {},
): UserPrincipal {
  return userPrincipal({
    method: 'local-jwt',
    identity: anIdentity(identity),
    authenticationAge: 0,
    sessionId: 'her-session',
    ...facts,
  });
}

/** The administrator Root as caller. */
export const anAdmin = (): UserPrincipal => aUser({ id: 'root', email: 'root@example.com', role: 'admin' });

/** A service as caller. */
export function aService(...scopes: Scope[]): ServicePrincipal {
  return servicePrincipal({ id: 'service', name: 'billing', scopes, keyId: 'its-key' });
}

/** What a caller may do, and the users whose rows were locked for it. */
export function authorityOf(principal: Principal, ...users: LockedUser[]): Authority {
  const locked = new Map(users.map((user) => [user.id, user]));
  return principal.kind === 'service'
    ? new Authority(permissionsOfScopes(principal.scopes), locked, true)
    : new Authority(permissionsOfRole(principal.identity.role), locked);
}
