import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { IsEmailAddress } from '../../users/email';
import { IsPasswordText } from '../../passwords/password-text';

/** E-mail address and password. */
@ApiSchema({ description: 'E-mail address and password.' })
export class LoginRequest {
  /**
   * In any letter case
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email', maxLength: 254 })
  @IsEmailAddress()
  email: string;

  /**
   * Letter case and spaces are significant
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256 })
  @IsPasswordText()
  password: string;

  /**
   * Only with a password that an administrator has chosen: takes its place
   * @example 'another horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256, nullable: true })
  @IsOptionalMember()
  @IsPasswordText()
  new_password?: string;
}
