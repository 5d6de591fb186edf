import { IsEmailAddress } from '../../users/email';
import { IsPasswordText } from '../passwords/password-text';

/** Address and password of an account. */
export class LoginRequest {
  /**
   * In any letter case
   * @format email
   * @example 'ada@example.com'
   */
  @IsEmailAddress()
  email: string;

  /**
   * @format password
   * @maxLength 256
   * @example 'correct horse battery'
   */
  @IsPasswordText()
  password: string;
}
