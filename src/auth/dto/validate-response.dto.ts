import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import { UserContextResponse } from '../../identity/dto/user-context-response.dto';
import type { TokenValidation } from '../token-validation.service';

/**
 * A discriminating member, with `const` alone: with `enum` beside it, a generator produced code that does not compile
 * (orval 8.38 for zod). Members that are always null have the type of the other answer: several generators do not support a
 * schema of null alone.
 */
function constant(value: boolean): ApiPropertyOptions {
  return Object.assign({ type: 'boolean' as const }, { const: value, example: value });
}

/** The answer for a valid token. */
@ApiSchema({ name: 'ValidToken', description: 'The token is valid.' })
export class ValidTokenResponse {
  /** The token is good */
  @ApiProperty(constant(true))
  valid: true;

  /** The user of the token */
  user: UserContextResponse;

  /** Null: nothing is wrong */
  @ApiProperty({ type: 'string', nullable: true })
  error: null;
}

/** The answer for a token that is not valid. */
@ApiSchema({ name: 'InvalidToken', description: 'The token is not valid: deny access.' })
export class InvalidTokenResponse {
  /** The token is refused */
  @ApiProperty(constant(false))
  valid: false;

  /** Null: no user */
  @ApiProperty({ type: 'object', nullable: true, additionalProperties: true })
  user: null;

  /**
   * Human-readable reason
   * @example 'Invalid or expired token'
   */
  error: string;
}

/** The user of a valid token, or the reason why it is not valid. */
export type ValidateResponse = ValidTokenResponse | InvalidTokenResponse;

/** Maps a validation to the response. */
export function toValidateResponse(validation: TokenValidation): ValidateResponse {
  return 'user' in validation
    ? { valid: true, user: validation.user.context, error: null }
    : { valid: false, user: null, error: validation.refusal };
}

/** The same response, as JSON. */
export function validateJson(validation: TokenValidation): string {
  return 'user' in validation
    ? `{"valid":true,"user":${validation.user.json},"error":null}`
    : JSON.stringify(toValidateResponse(validation));
}
