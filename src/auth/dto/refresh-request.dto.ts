import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MAX_REFRESH_TOKEN_LENGTH, REFRESH_TOKEN_RULE } from '../../sessions/refresh-token-text';

/** The refresh token to exchange. */
@ApiSchema({ description: 'The refresh token to exchange.' })
export class RefreshRequest {
  /**
   * The latest one, from registration, login or the last refresh
   * @example 'psr_3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs'
   */
  @ApiProperty({ maxLength: MAX_REFRESH_TOKEN_LENGTH })
  @IsString({ message: REFRESH_TOKEN_RULE })
  refresh_token: string;
}
