import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { IsPasswordText } from '../../passwords/password-text';

const CODE_RULE = 'must be an activation code: 26 letters and digits';

/** An activation code with the password to be. */
@ApiSchema({ description: 'An activation code and the first password.' })
export class ActivationRequest {
  /**
   * From an administrator, in any letter case; spaces and hyphens are ignored
   * @example 'K5DQ2VXM7Y3ZJ4RTN6WBPA2CGE'
   */
  @ApiProperty({ maxLength: 100 })
  @IsString({ message: CODE_RULE })
  @MaxLength(100, { message: CODE_RULE })
  code: string;

  /**
   * Letter case and spaces are significant
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256 })
  @IsPasswordText()
  password: string;
}
