import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { toUserContextResponse, UserContextResponse } from '../../identity/dto/user-context-response.dto';
import type { IdentityContext } from '../../common/security/identity-context';

/** The answer for a token that is good. */
@ApiSchema({ name: 'ValidToken', description: 'The token is good at this moment.' })
export class ValidTokenResponse {
  /** The token is good */
  @ApiProperty({ type: 'boolean', enum: [true] })
  valid: true;

  /** The person whose token it is */
  user: UserContextResponse;

  /** Nothing is wrong */
  @ApiProperty({ type: 'null' })
  error: null;
}

/** The answer for a token that is not. */
@ApiSchema({ name: 'InvalidToken', description: 'The token is refused: let nobody in with it.' })
export class InvalidTokenResponse {
  /** The token is refused */
  @ApiProperty({ type: 'boolean', enum: [false] })
  valid: false;

  /** Nobody's token */
  @ApiProperty({ type: 'null' })
  user: null;

  /**
   * A sentence for people
   * @example 'Invalid or expired token'
   */
  error: string;
}

/** Whose token it is; or that it is nobody's. */
export type ValidateResponse = ValidTokenResponse | InvalidTokenResponse;

/** The public form of the judgement that a token is good. */
export function toValidResponse(identity: IdentityContext): ValidTokenResponse {
  return { valid: true, user: toUserContextResponse(identity), error: null };
}

/** The public form of the judgement that it is not. */
export function toInvalidResponse(error: string): InvalidTokenResponse {
  return { valid: false, user: null, error };
}
