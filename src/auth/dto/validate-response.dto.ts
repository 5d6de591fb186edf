import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import { toUserContextResponse, UserContextResponse } from '../../identity/dto/user-context-response.dto';
import type { TokenValidation } from '../token-validation.service';

/**
 * A discriminating member. `const` alone: with `enum` beside it, a generator made code that does not
 * compile (orval 8.38 for zod). The members that are null are described by the type that they have in the other answer: several
 * generators do not know a schema of null alone.
 */
function constant(value: boolean): ApiPropertyOptions {
  return Object.assign({ type: 'boolean' as const }, { const: value, example: value });
}

/** The answer for a token that is good. */
@ApiSchema({ name: 'ValidToken', description: 'The token is valid.' })
export class ValidTokenResponse {
  /** The token is good */
  @ApiProperty(constant(true))
  valid: true;

  /** The person whose token it is */
  user: UserContextResponse;

  /** Null: nothing is wrong */
  @ApiProperty({ type: 'string', nullable: true })
  error: null;
}

/** The answer for a token that is not. */
@ApiSchema({ name: 'InvalidToken', description: 'The token is not valid: deny access.' })
export class InvalidTokenResponse {
  /** The token is refused */
  @ApiProperty(constant(false))
  valid: false;

  /** Null: nobody's token */
  @ApiProperty({ type: 'object', nullable: true, additionalProperties: true })
  user: null;

  /**
   * Human-readable reason
   * @example 'Invalid or expired token'
   */
  error: string;
}

/** Whose token it is; or that it is nobody's. */
export type ValidateResponse = ValidTokenResponse | InvalidTokenResponse;

/** The public form of a validation. */
export function toValidateResponse(validation: TokenValidation): ValidateResponse {
  return 'identity' in validation
    ? { valid: true, user: toUserContextResponse(validation.identity), error: null }
    : { valid: false, user: null, error: validation.refusal };
}
