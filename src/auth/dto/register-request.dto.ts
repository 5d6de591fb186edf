import { IsDisplayName } from '../../common/validation/text-rules';
import { IsEmailAddress } from '../../users/email';
import { IsPasswordText } from '../passwords/password-text';

/** A new account. */
export class RegisterRequest {
  /**
   * At most 254 bytes; stored in lower case
   * @format email
   * @example 'ada@example.com'
   */
  @IsEmailAddress()
  email: string;

  /**
   * 8 to 256 characters of any kind (the least number is a setting)
   * @format password
   * @minLength 8
   * @maxLength 256
   * @example 'correct horse battery'
   */
  @IsPasswordText()
  password: string;

  /**
   * Display name, 1 to 200 characters
   * @minLength 1
   * @maxLength 200
   * @example 'Ada Lovelace'
   */
  @IsDisplayName()
  name: string;
}
