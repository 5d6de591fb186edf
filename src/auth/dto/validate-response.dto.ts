import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import { UserContextResponse } from '../../identity/dto/user-context-response.dto';
import { SCOPES, type Scope } from '../../security/permissions';
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

/** A service as the holder of a token. */
@ApiSchema({ name: 'ServiceContext', description: 'The service of a token.' })
export class ServiceContextResponse {
  /** Id of the service account */
  @ApiProperty({ format: 'uuid', example: '0b8f7d0e-6f0e-4a8c-9d59-3a8c4f3f7b11' })
  id: string;

  /**
   * Name of the service account
   * @example 'Prompt store'
   */
  name: string;

  /** What the token allows */
  @ApiProperty({ enum: SCOPES, isArray: true, example: ['users:read'] })
  scopes: readonly Scope[];
}

/** The answer for a valid token of a service. */
@ApiSchema({
  name: 'ValidServiceToken',
  description: 'The token is valid, and is that of a service; only where `accept` has `service`.',
})
export class ValidServiceTokenResponse {
  /** The token is good */
  @ApiProperty(constant(true))
  valid: true;

  /** Null: no user */
  @ApiProperty({ type: 'object', nullable: true, additionalProperties: true })
  user: null;

  /** The service of the token */
  service: ServiceContextResponse;

  /** Null: nothing is wrong */
  @ApiProperty({ type: 'string', nullable: true })
  error: null;
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
