import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ManagedUserResponse } from '../../identity/dto/managed-user-response.dto';
import type { IssuedCode } from '../../verification/verification-codes.service';

/** What lets a user set their first password. */
@ApiSchema({
  name: 'Activation',
  description: 'What lets a user set their first password at `POST /auth/activate`.',
})
export class ActivationResponse {
  /**
   * Single use; null in the answer to a repeated request
   * @example 'K5DQ2VXM7Y3ZJ4RTN6WBPA2CGE'
   */
  code: string | null;

  /**
   * When the code expires
   * @example '2026-11-24T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}

/** An activation code that went by mail. */
@ApiSchema({ name: 'ActivationSent', description: 'The code goes to the address of the user.' })
export class CodeSentResponse {
  /**
   * When the code expires
   * @example '2026-11-24T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}

/** A user who was just made. */
@ApiSchema({ name: 'CreatedUser', description: 'A user who was just made.' })
export class CreatedUserResponse extends ManagedUserResponse {
  /** Absent when the user was made with a password */
  activation?: ActivationResponse;
}

/** The public form of an activation. */
export function toActivationResponse({ code, expiresAt }: IssuedCode): ActivationResponse {
  return { code, expires_at: expiresAt.toISOString() };
}

/** What is stored of an answer holds no secret. */
export function concealCode(activation: ActivationResponse): ActivationResponse {
  return { ...activation, code: null };
}
