import { ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** A refresh token to be exchanged. */
@ApiSchema({ description: 'A refresh token to be exchanged.' })
export class RefreshRequest {
  /**
   * The newest one, from registration, login or the last refresh
   * @example 'psr_3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs'
   */
  @IsString({ message: 'must be a refresh token (a text that starts with psr_)' })
  refresh_token: string;
}
