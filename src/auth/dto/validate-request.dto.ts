import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MAX_READ_TOKEN_LENGTH } from '../../tokens/compact-jws';

/** The token to validate. */
@ApiSchema({ description: 'The token to validate.' })
export class ValidateRequest {
  /**
   * The token without the `Bearer` prefix; one longer than 12 KiB is not valid
   * @example 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl'
   */
  @ApiProperty({ maxLength: MAX_READ_TOKEN_LENGTH })
  @IsString({ message: 'must be a token (a string)' })
  token: string;
}
