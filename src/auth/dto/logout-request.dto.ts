import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { MAX_REFRESH_TOKEN_LENGTH, REFRESH_TOKEN_RULE } from '../../sessions/refresh-token-text';

/** The session to end, when there is no access token. */
@ApiSchema({ description: 'The session to end, where there is no access token.' })
export class LogoutRequest {
  /**
   * Required only without a bearer token
   * @example 'psr_3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs'
   */
  @IsOptionalMember()
  @ApiProperty({ maxLength: MAX_REFRESH_TOKEN_LENGTH, nullable: true })
  @IsString({ message: REFRESH_TOKEN_RULE })
  refresh_token?: string;
}
