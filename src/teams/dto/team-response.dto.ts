import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { TeamMembershipContext } from '../../security/identity-context';
import type { Team } from '../team.entity';

/** A team. */
@ApiSchema({ name: 'Team', description: 'A team.' })
export class TeamResponse {
  /**
   * Identifies the team
   * @example '6a1f7f0e-8d0f-4a57-9b0e-7f6f3f1e2a10'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * Human-readable name
   * @example 'Engineering'
   */
  name: string;

  /**
   * Reference in another system, for example the group at the identity provider
   * @example 'eng'
   */
  external_ref: string | null;

  /**
   * Whether the team is active
   * @example true
   */
  is_active: boolean;

  /** Whether new users join it; shown to administrators only */
  is_default?: boolean;
}

/** A team, with the caller's place in it. */
@ApiSchema({ name: 'Membership', description: 'A team and the role of the user in it.' })
export class MembershipResponse extends TeamResponse {
  /** Role of the user in the team */
  role: string | null;
}

/** The public form of a team, for an administrator or for others. */
export function toTeamResponse(team: Team, isForAdmin: boolean): TeamResponse {
  return {
    id: team.id,
    name: team.name,
    external_ref: team.externalRef,
    is_active: team.isActive,
    ...(isForAdmin && { is_default: team.isDefault }),
  };
}

/** The public form of a membership. */
export function toMembershipResponse(team: TeamMembershipContext): MembershipResponse {
  return {
    id: team.id,
    name: team.name,
    external_ref: team.externalRef,
    is_active: team.isActive,
    role: team.role,
  };
}
