import { ApiProperty } from '@nestjs/swagger';
import { toUserContextResponse, UserContextResponse } from '../../identity/dto/user-context-response.dto';
import type { IdentityContext } from '../../common/security/identity-context';

/** Whose token it is; or that it is nobody's. */
export class ValidateResponse {
  /**
   * Whether the token is good at this moment
   * @example true
   */
  valid: boolean;

  /** The person, when the token is good */
  @ApiProperty({ type: UserContextResponse, nullable: true })
  user: UserContextResponse | null;

  /**
   * A sentence for people, when the token is not good
   * @example null
   */
  error: string | null;
}

/** The answer for a token that is good. */
export function toValidResponse(identity: IdentityContext): ValidateResponse {
  return { valid: true, user: toUserContextResponse(identity), error: null };
}

/** The answer for a token that is not. */
export function toInvalidResponse(error: string): ValidateResponse {
  return { valid: false, user: null, error };
}
