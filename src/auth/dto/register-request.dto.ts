import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsDisplayName } from '../../common/validation/text-rules';
import { IsEmailAddress } from '../../users/email';
import { IsPasswordText } from '../../passwords/password-text';

/** A new user. */
@ApiSchema({ description: 'A new user.' })
export class RegisterRequest {
  /**
   * At most 254 bytes; stored in lower case
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email', maxLength: 254 })
  @IsEmailAddress()
  email: string;

  /**
   * 8 to 256 characters of any kind (the minimum is configurable)
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', minLength: 8, maxLength: 256 })
  @IsPasswordText()
  password: string;

  /**
   * Display name, 1 to 200 characters
   * @example 'Ada Lovelace'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @IsDisplayName()
  name: string;
}
