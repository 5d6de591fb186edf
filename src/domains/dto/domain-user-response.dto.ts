import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MemberUserResponse, toMemberUserResponse } from '../../users/dto/member-user-response.dto';
import type { AssignedUser } from '../domain-users.repository';

/** A user who is assigned to a domain. */
@ApiSchema({ name: 'DomainUser', description: 'A user who is assigned to a domain.' })
export class DomainUserResponse {
  user: MemberUserResponse;

  /**
   * When the user was assigned, in UTC; null for assignments from before this was recorded
   * @example '2026-01-31T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  assigned_at: string | null;
}

/** A page of users who are assigned to a domain. */
@ApiSchema({ name: 'DomainUserPage', description: 'A page of the users who are assigned to a domain.' })
export class DomainUserPage {
  /** Those who have been assigned the longest first */
  items: DomainUserResponse[];

  /**
   * Send it as `cursor` for the next page; null on the last one
   * @example null
   */
  next_cursor: string | null;
}

/** The public form of such a user. */
export function toDomainUserResponse({ user, assignedAt }: AssignedUser): DomainUserResponse {
  return { user: toMemberUserResponse(user), assigned_at: assignedAt?.toISOString() ?? null };
}
