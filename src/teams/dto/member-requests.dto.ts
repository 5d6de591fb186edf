import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsIn, ValidateIf } from 'class-validator';
import { IsEmailAddress } from '../../users/email';
import type { TeamRole } from '../team-membership.entity';
import { TEAM_ROLES } from '../team-roles';

const ROLE_RULE = { message: `must be one of ${TEAM_ROLES.join(', ')}` };

/** A user's place in a team. */
@ApiSchema({ name: 'MemberPut', description: 'The place of a user in a team.' })
export class MemberPutRequest {
  /**
   * Omitted: stays as it is, for a new member `member`
   * @example 'admin'
   */
  @ApiProperty({ enum: TEAM_ROLES })
  @ValidateIf(({ role }: MemberPutRequest) => role !== undefined)
  @IsIn(TEAM_ROLES, ROLE_RULE)
  role?: TeamRole;
}

/** A member to be, named by address. */
@ApiSchema({ name: 'MemberAdd', description: 'A new member of a team, named by address.' })
export class MemberAddRequest {
  /**
   * E-mail address of the user, in any letter case
   * @example 'grace@example.com'
   */
  @ApiProperty({ format: 'email', maxLength: 254 })
  @IsEmailAddress()
  email: string;

  /**
   * Omitted: `member`
   * @example 'member'
   */
  @ApiProperty({ enum: TEAM_ROLES })
  @ValidateIf(({ role }: MemberAddRequest) => role !== undefined)
  @IsIn(TEAM_ROLES, ROLE_RULE)
  role?: TeamRole;

  /**
   * Whether the user may be one who has not proven that the address is theirs
   * @example false
   */
  @ValidateIf(({ allow_unproven }: MemberAddRequest) => allow_unproven !== undefined)
  @IsBoolean({ message: 'must be true or false' })
  allow_unproven?: boolean;
}
