/** The platform role of a user; an `admin` administers the whole service. */
export type PlatformRole = 'user' | 'admin';

/** A team as one of its members sees it. */
export interface TeamMembershipContext {
  readonly id: string;
  readonly name: string;
  readonly externalRef: string | null;
  readonly isActive: boolean;
  readonly role: string | null;
}

/** A business domain that a user is assigned to. */
export interface DomainContext {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly parentDomainId: string | null;
  readonly isActive: boolean;
}

/** A domain that a user has access to, assigned or inherited. */
export interface EffectiveDomain {
  readonly id: string;
  readonly key: string;
}

/** A user with teams and domains, both ordered by name. */
export interface IdentityContext {
  readonly id: string;
  readonly email: string;
  /** Whether the user has proved to own the address; never authorize by an unverified address. */
  readonly emailVerified: boolean;
  readonly name: string;
  readonly avatarUrl: string | null;
  readonly createdAt: Date;
  /** A user who is not active is refused everywhere. */
  readonly isActive: boolean;
  readonly role: PlatformRole;
  readonly teams: readonly TeamMembershipContext[];
  readonly domains: readonly DomainContext[];
  /** The active ones of `domains` and all active domains below them, ordered by key; nothing is inherited through an inactive one. */
  readonly effectiveDomains: readonly EffectiveDomain[];
}
