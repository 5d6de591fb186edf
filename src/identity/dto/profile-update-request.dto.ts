import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import { IsDisplayName } from '../../common/validation/text-rules';
import { IsWebAddressOrNull } from '../../common/validation/web-address';

/** Changes of one's own profile; what is left out stays. */
@ApiSchema({
  name: 'ProfileUpdate',
  description: 'Changes to the profile; omitted members keep their value.',
})
export class ProfileUpdateRequest {
  /**
   * Display name, 1 to 200 characters
   * @example 'Ada King'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @ValidateIf((request: ProfileUpdateRequest) => request.name !== undefined)
  @IsDisplayName()
  name?: string;

  /**
   * URL of a picture (http or https, without user information), stored percent-encoded; null removes it
   * @example 'https://example.com/ada.png'
   */
  @ApiProperty({ format: 'uri', maxLength: 2048 })
  @ValidateIf(({ avatar_url }: ProfileUpdateRequest) => avatar_url !== undefined && avatar_url !== null)
  @IsWebAddressOrNull()
  avatar_url?: string | null;
}
