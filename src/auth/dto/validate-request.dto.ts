import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { MAX_READ_TOKEN_LENGTH } from '../../tokens/compact-jws';

/** A token to be validated. */
@ApiSchema({ description: 'A token to be validated.' })
export class ValidateRequest {
  /**
   * As it stood behind `Bearer`; one that is longer than any of ours is not valid
   * @example 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl'
   */
  @ApiProperty({ maxLength: MAX_READ_TOKEN_LENGTH })
  @IsString({ message: 'must be a token (a text)' })
  token: string;
}
