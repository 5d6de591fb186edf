import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { IdentityContext } from '../../security/identity-context';
import {
  DomainResponse,
  EffectiveDomainResponse,
  toDomainResponse,
  toEffectiveDomainResponse,
} from '../../domains/dto/domain-response.dto';
import { MembershipResponse, toMembershipResponse } from '../../teams/dto/team-response.dto';

/** A user with teams and domains. */
@ApiSchema({ name: 'UserContext', description: 'A user with teams and domains.' })
export class UserContextResponse {
  /**
   * Identifies the user
   * @example '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * Normalised: lower case, trimmed
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email' })
  email: string;

  /**
   * Whether the user has proven to own the address. Do not authorize by an unverified address: anyone can register it
   * @example true
   */
  email_verified: boolean;

  /**
   * Display name
   * @example 'Ada Lovelace'
   */
  name: string;

  /** URL of a picture of the user */
  @ApiProperty({ format: 'uri' })
  avatar_url: string | null;

  /**
   * When the user was created
   * @example '2026-11-23T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  created_at: string;

  /**
   * What the user may do in the whole service; an `admin` administers it
   * @example 'user'
   */
  @ApiProperty({ enum: ['user', 'admin'] })
  role: 'user' | 'admin';

  /** Teams of the user, ordered by name */
  teams: MembershipResponse[];

  /** Domains of the user, ordered by name */
  domains: DomainResponse[];

  /**
   * What the user has access to, ordered by key: the active ones of `domains`, and all active domains below them. Nothing is
   * inherited through an inactive domain
   */
  effective_domains: EffectiveDomainResponse[];
}

/** The public form of a user. */
export function toUserContextResponse(identity: IdentityContext): UserContextResponse {
  return {
    id: identity.id,
    email: identity.email,
    email_verified: identity.emailVerified,
    name: identity.name,
    avatar_url: identity.avatarUrl,
    created_at: identity.createdAt.toISOString(),
    role: identity.role,
    teams: identity.teams.map(toMembershipResponse),
    domains: identity.domains.map(toDomainResponse),
    effective_domains: identity.effectiveDomains.map(toEffectiveDomainResponse),
  };
}
