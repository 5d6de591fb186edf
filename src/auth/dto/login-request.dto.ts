import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { MAX_DEVICE_TOKEN_LENGTH } from '../../tokens/device-tokens';
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

  /**
   * The `device_token` of an earlier sign-in on this device: failures elsewhere do not hold it up. One that has ended has no effect
   * @example 'psd_AAECAwQFBgcICQoLAAABnJb0AAAAAAGcll8AAAAAAAEgISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw'
   */
  @ApiProperty({ maxLength: MAX_DEVICE_TOKEN_LENGTH, nullable: true })
  @IsOptionalMember()
  @IsString({ message: 'must be a string' })
  @MaxLength(MAX_DEVICE_TOKEN_LENGTH, { message: `must have at most ${MAX_DEVICE_TOKEN_LENGTH} characters` })
  device_token?: string;
}
