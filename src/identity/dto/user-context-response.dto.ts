import type { IdentityContext } from '../../common/security/identity-context';
import { DomainResponse, toDomainResponse } from '../../domains/dto/domain-response.dto';
import { MembershipResponse, toMembershipResponse } from '../../teams/dto/team-response.dto';

/** A person, with teams and domains. */
export class UserContextResponse {
  /**
   * Identifies the person
   * @format uuid
   * @example '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'
   */
  id: string;

  /**
   * Normalised: lower case, no white space around it
   * @format email
   * @example 'ada@example.com'
   */
  email: string;

  /** @example 'Ada Lovelace' */
  name: string;

  /**
   * @format uri
   * @example null
   */
  avatar_url: string | null;

  /**
   * @format date-time
   * @example '2026-11-23T09:30:00.000Z'
   */
  created_at: string;

  /** The person's teams, ordered by name */
  teams: MembershipResponse[];

  /** The person's domains, ordered by name */
  domains: DomainResponse[];
}

/** The public form of a person. */
export function toUserContextResponse(identity: IdentityContext): UserContextResponse {
  return {
    id: identity.id,
    email: identity.email,
    name: identity.name,
    avatar_url: identity.avatarUrl,
    created_at: identity.createdAt.toISOString(),
    teams: identity.teams.map(toMembershipResponse),
    domains: identity.domains.map(toDomainResponse),
  };
}
