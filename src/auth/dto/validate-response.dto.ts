import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import { UserContextResponse } from '../../identity/dto/user-context-response.dto';
import type { Scope } from '../../security/permissions';
import type { AcceptedValidation, TokenValidation } from '../token-validation.service';

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

/**
 * The answer for a valid token of a service, to callers alone whose `accept` has `service`. The OpenAPI document has it in words and
 * not as a third schema: with it, `user` would be nullable in the types of every client that is generated from the document, also
 * where no token of a service can pass.
 */
export interface ValidServiceTokenResponse {
  readonly valid: true;
  readonly user: null;
  readonly service: { readonly id: string; readonly name: string; readonly scopes: readonly Scope[] };
  readonly error: null;
}

/** The user of a valid token, or the reason why it is not valid. */
export type ValidateResponse = ValidTokenResponse | InvalidTokenResponse;

/** Maps a validation to the response. */
export function toValidateResponse(validation: TokenValidation): ValidateResponse {
  return 'user' in validation
    ? { valid: true, user: validation.user.context, error: null }
    : { valid: false, user: null, error: validation.refusal };
}

/** The same where tokens of services are accepted too. */
export function toAcceptedResponse(
  validation: AcceptedValidation,
): ValidateResponse | ValidServiceTokenResponse {
  if (!('service' in validation)) return toValidateResponse(validation);
  const { id, name, scopes } = validation.service;
  return { valid: true, user: null, service: { id, name, scopes }, error: null };
}

/** The same response, as JSON. */
export function validateJson(validation: TokenValidation): string {
  return 'user' in validation
    ? `{"valid":true,"user":${validation.user.json},"error":null}`
    : JSON.stringify(toValidateResponse(validation));
}
