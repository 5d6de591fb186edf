import { ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';

/** A token to be judged. */
@ApiSchema({ description: 'A token to be judged.' })
export class ValidateRequest {
  /**
   * As it stood behind `Bearer`
   * @example 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl'
   */
  @IsString({ message: 'must be a token (a text)' })
  token: string;
}
