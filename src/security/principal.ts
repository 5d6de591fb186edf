import type { IdentityContext } from './identity-context';
import { permissionsOfRole, type Permission } from './permissions';

/** How a user proved who they are. */
export type AuthenticationMethod = 'dev-header' | 'local-jwt' | 'oidc';

/** A verified token of a provider, as far as its end is concerned. */
export interface ProviderToken {
  readonly issuer: string;
  readonly subject: string;
  /** The claim that the subject is of: a subject of another one is somebody else, also under the same name. */
  readonly subjectClaim: string;
  /** SHA-256 of what the signature covers: a signature can be spelt in two ways (ECDSA). */
  readonly tokenHash: Buffer;
  /** By the clock of the provider. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** A user who calls. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly method: AuthenticationMethod;
  /** The user as the database knew them when the credential was checked. */
  readonly identity: IdentityContext;
  /** Seconds since the user proved who they are. */
  readonly authenticationAge: number;
  /** The session of the access token, when it is one of ours. */
  readonly sessionId?: string;
  /** The token, when it is one of a provider. */
  readonly providerToken?: ProviderToken;
}

/** Another service that calls with a credential of its own. */
export interface ServicePrincipal {
  readonly kind: 'service';
  readonly id: string;
  readonly name: string;
  /** What its credential was issued for. */
  readonly scopes: readonly Permission[];
}

/** The authenticated caller: frozen, at `request.principal`. */
export type Principal = UserPrincipal | ServicePrincipal;

/** A user as the caller of a request. */
export function userPrincipal(user: Omit<UserPrincipal, 'kind'>): UserPrincipal {
  return Object.freeze({ kind: 'user', ...user });
}

/** A service as the caller of a request. */
export function servicePrincipal(service: Omit<ServicePrincipal, 'kind'>): ServicePrincipal {
  return Object.freeze({ kind: 'service', ...service, scopes: Object.freeze([...service.scopes]) });
}

/** What a caller may do by what authentication has read: a service has the scopes of its credential, a user what their role grants. */
export function permissionsOf(principal: Principal): readonly Permission[] {
  return principal.kind === 'service' ? principal.scopes : permissionsOfRole(principal.identity.role);
}
