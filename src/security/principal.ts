import type { IdentityContext } from './identity-context';
import { permissionsOfRole, permissionsOfScopes, type Permission, type Scope } from './permissions';

/** How a user authenticated. */
export type AuthenticationMethod = 'dev-header' | 'local-jwt' | 'oidc';

/** The part of a verified provider token that is needed to end it. */
export interface ProviderToken {
  readonly issuer: string;
  readonly subject: string;
  /** The claim that holds the subject: equal subjects of different claims are different users. */
  readonly subjectClaim: string;
  /** SHA-256 of what the signature covers: an ECDSA signature has two valid forms. */
  readonly tokenHash: Buffer;
  /** By the provider's clock. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** A user as caller. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly method: AuthenticationMethod;
  /** The user as read from the database when the credential was checked. */
  readonly identity: IdentityContext;
  /** Seconds since the user authenticated. */
  readonly authenticationAge: number;
  /** The session of one of our access tokens. */
  readonly sessionId?: string;
  /** The provider token, if the user sent one. */
  readonly providerToken?: ProviderToken;
}

/** The part of a verified service token that is needed to see when it ends. */
export interface ServiceToken {
  readonly id: string;
  readonly expiresAt: Date;
}

/** Another service as caller, with its own credential. */
export interface ServicePrincipal {
  readonly kind: 'service';
  /** Of the service account. */
  readonly id: string;
  readonly name: string;
  /** Those of its credential. */
  readonly scopes: readonly Scope[];
  /** The key that it came with, or that its token was issued for. */
  readonly keyId: string;
  /** When that key expires; undefined: never. */
  readonly keyExpiresAt?: Date;
  /** The service token, if it came with one. */
  readonly token?: ServiceToken;
}

/** The authenticated caller: frozen, at `request.principal`. */
export type Principal = UserPrincipal | ServicePrincipal;

/** Creates the principal of a user. */
export function userPrincipal(user: Omit<UserPrincipal, 'kind'>): UserPrincipal {
  return Object.freeze({ kind: 'user', ...user });
}

/** Creates the principal of a service. */
export function servicePrincipal(service: Omit<ServicePrincipal, 'kind'>): ServicePrincipal {
  return Object.freeze({ kind: 'service', ...service, scopes: Object.freeze([...service.scopes]) });
}

/** What a caller may do by what authentication has read: a service has the scopes of its credential, a user what their role grants. */
export function permissionsOf(principal: Principal): readonly Permission[] {
  return principal.kind === 'service'
    ? permissionsOfScopes(principal.scopes)
    : permissionsOfRole(principal.identity.role);
}
