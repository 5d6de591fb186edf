import { ApiSchema } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

/** Which session to end, when the access token is gone. */
@ApiSchema({ description: 'Which session to end, when the access token is gone.' })
export class LogoutRequest {
  /**
   * Needed only without a bearer token
   * @example 'psr_3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs'
   */
  @IsOptional()
  @IsString({ message: 'must be a refresh token (a text that starts with psr_)' })
  refresh_token?: string;
}
