import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsPasswordText } from '../../passwords/password-text';

/** A password change. */
@ApiSchema({ description: 'A password change.' })
export class PasswordChangeRequest {
  /**
   * Current password
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256 })
  @IsPasswordText()
  current_password: string;

  /**
   * 8 to 256 characters of any kind (the minimum is configurable)
   * @example 'another horse, another battery'
   */
  @ApiProperty({ format: 'password', minLength: 8, maxLength: 256 })
  @IsPasswordText()
  new_password: string;
}
