import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsQueryBoolean } from '../../common/validation/query-boolean';

/** Which sessions to end. */
export class EndSessionsQuery {
  @ApiProperty({
    description:
      'Whether the session of this request ends too; in any letter case, also as 1 and 0, yes and no',
    type: 'boolean',
    required: false,
    default: false,
  })
  @IsOptional()
  @IsQueryBoolean()
  include_current?: boolean;
}
