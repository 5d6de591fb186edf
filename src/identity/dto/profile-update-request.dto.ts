import { ValidateIf } from 'class-validator';
import { IsDisplayName, IsWebAddressOrNull } from '../../common/validation/text-rules';

/** Changes of one's own profile; what is left out stays. */
export class ProfileUpdateRequest {
  /**
   * Display name, 1 to 200 characters
   * @minLength 1
   * @maxLength 200
   * @example 'Ada King'
   */
  @ValidateIf((request: ProfileUpdateRequest) => request.name !== undefined)
  @IsDisplayName()
  name?: string;

  /**
   * Address of a picture; null removes it
   * @format uri
   * @maxLength 2000
   * @example 'https://example.com/ada.png'
   */
  @ValidateIf(({ avatar_url }: ProfileUpdateRequest) => avatar_url !== undefined && avatar_url !== null)
  @IsWebAddressOrNull()
  avatar_url?: string | null;
}
