import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { IsPasswordText } from '../../passwords/password-text';
import { IsEmailAddress } from '../../users/email';

export const CODE_RULE = 'must be a code from a message: 26 letters and digits';
const MAX_TYPED = 100;

/** A code. */
@ApiSchema({ name: 'CodeRequest', description: 'A code from a message.' })
export class CodeRequest {
  /**
   * In any letter case; spaces and hyphens are ignored
   * @example 'K5DQ2VXM7Y3ZJ4RTN6WBPA2CGE'
   */
  @ApiProperty({ maxLength: MAX_TYPED })
  @IsString({ message: CODE_RULE })
  @MaxLength(MAX_TYPED, { message: CODE_RULE })
  code: string;
}

/** A code with a new password. */
@ApiSchema({ name: 'PasswordResetRequest', description: 'A code from a message and the new password.' })
export class PasswordResetRequest extends CodeRequest {
  /**
   * Letter case and spaces are significant
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256 })
  @IsPasswordText()
  password: string;
}

/** Whose password was forgotten. */
@ApiSchema({ name: 'PasswordForgottenRequest', description: 'The address of an account.' })
export class PasswordForgottenRequest {
  /**
   * In any letter case
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email', maxLength: 254 })
  @IsEmailAddress()
  email: string;
}

/** An address to be. */
@ApiSchema({ name: 'EmailChangeRequest', description: 'The new address, and the password.' })
export class EmailChangeRequest extends PasswordForgottenRequest {
  /**
   * The current password; not needed within 10 minutes of a sign-in
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256, nullable: true })
  @IsOptionalMember()
  @IsPasswordText()
  password?: string;
}
