import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MemberUserResponse, toMemberUserResponse } from '../../users/dto/member-user-response.dto';
import type { Member } from '../team-members.repository';
import type { TeamRole } from '../team-membership.entity';
import { TEAM_ROLES } from '../team-roles';

/** A member of a team. */
@ApiSchema({ name: 'Member', description: 'A member of a team.' })
export class MemberResponse {
  user: MemberUserResponse;

  /**
   * What the user may do in the team
   * @example 'member'
   */
  @ApiProperty({ enum: TEAM_ROLES })
  role: TeamRole;

  /**
   * When the user joined, in UTC; null for memberships from before this was recorded
   * @example '2026-01-31T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  joined_at: string | null;
}

/** A page of members. */
@ApiSchema({ name: 'MemberPage', description: 'A page of the members of a team.' })
export class MemberPage {
  /** Those who have been in the team the longest first */
  items: MemberResponse[];

  /**
   * Send it as `cursor` for the next page; null on the last one
   * @example null
   */
  next_cursor: string | null;
}

/** The public form of a member; no role reads as `member`. */
export function toMemberResponse({ user, role, joinedAt }: Member): MemberResponse {
  return {
    user: toMemberUserResponse(user),
    role: role ?? 'member',
    joined_at: joinedAt?.toISOString() ?? null,
  };
}
