// Written from openapi/openapi.json by tools/client-types.mjs.

/** A team and the role of the user in it. */
export interface Membership {
  /** Identifies the team */
  id: string;
  /** Role of the user in the team */
  role: string | null;
  /** Human-readable name */
  name: string;
  /** Reference in another system, for example the group at the identity provider */
  external_ref: string | null;
  /** Whether the team is active */
  is_active: boolean;
  /** Whether new users join it; shown to administrators only */
  is_default?: boolean;
}

/** A business domain; domains form trees. */
export interface Domain {
  /** Identifies the domain */
  id: string;
  /** The domain above this one */
  parent_domain_id: string | null;
  /** Short stable name, used by programs */
  key: string;
  /** Human-readable name */
  name: string;
  /** Whether the domain is active */
  is_active: boolean;
  /** Whether new users are assigned to it; shown to administrators only */
  is_default?: boolean;
}

/** A domain that a user has access to, assigned or inherited. */
export interface EffectiveDomain {
  /** Identifies the domain */
  id: string;
  /** Short stable name */
  key: string;
}

/** A user with teams and domains. */
export interface UserContext {
  /** Identifies the user */
  id: string;
  /** Normalised: lower case, trimmed */
  email: string;
  /** URL of a picture of the user */
  avatar_url: string | null;
  /** When the user was created */
  created_at: string;
  /** What the user may do in the whole service; an `admin` administers it */
  role: 'user' | 'admin';
  /** Whether the user has proven to own the address. Do not authorize by an unverified address: anyone can register it */
  email_verified: boolean;
  /** Display name */
  name: string;
  /** Teams of the user, ordered by name */
  teams: Membership[];
  /** Domains of the user, ordered by name */
  domains: Domain[];
  /**
   * What the user has access to, ordered by key: the active ones of `domains`, and all active domains below them. Nothing is
   * inherited through an inactive domain
   */
  effective_domains: EffectiveDomain[];
}
