import { IsPasswordText } from '../passwords/password-text';

/** A change of password. */
export class PasswordChangeRequest {
  /**
   * @format password
   * @maxLength 256
   * @example 'correct horse battery'
   */
  @IsPasswordText()
  current_password: string;

  /**
   * 8 to 256 characters of any kind (the least number is a setting)
   * @format password
   * @minLength 8
   * @maxLength 256
   * @example 'another horse, another battery'
   */
  @IsPasswordText()
  new_password: string;
}
