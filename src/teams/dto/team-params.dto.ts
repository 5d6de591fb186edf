import { ApiProperty } from '@nestjs/swagger';
import { IsId } from '../../common/validation/id';

/** Names a team in the path. */
export class TeamIdParam {
  /**
   * The `id` of the team
   * @example '6a1f7f0e-8d0f-4a57-9b0e-7f6f3f1e2a10'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a team')
  id: string;
}

/** Names a team and a user in the path. */
export class TeamMemberParam extends TeamIdParam {
  /**
   * The `id` of the user
   * @example '0b6f1a5e-7c55-4d0e-9f0c-8b1f5a0e6c21'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a user')
  user_id: string;
}
