import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsEmailAddress } from '../../users/email';

/** The user to sign in. */
@ApiSchema({ description: 'The user to sign in as.' })
export class DevTokenRequest {
  /**
   * Address of an existing user, in any letter case
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email', maxLength: 254 })
  @IsEmailAddress()
  email: string;
}
