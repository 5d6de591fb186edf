import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

/** Which sessions to end. */
export class EndSessionsQuery {
  @ApiProperty({
    description: 'Whether the session of this request ends too',
    enum: ['true', 'false'],
    required: false,
    default: 'false',
  })
  @IsOptional()
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  include_current?: 'true' | 'false';
}
