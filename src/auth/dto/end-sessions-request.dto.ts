import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { IsPasswordText } from '../../passwords/password-text';

/** Proof that the user, not only the token, ends other sessions. */
@ApiSchema({ description: 'Proof that the user, not only the token, ends other sessions.' })
export class EndSessionsRequest {
  /**
   * Required unless the user signed in within the last 10 minutes
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256, nullable: true })
  @IsOptionalMember()
  @IsPasswordText()
  password?: string;
}
