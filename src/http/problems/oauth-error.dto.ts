import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** An error of OAuth. */
@ApiSchema({ name: 'OAuthError', description: 'An error (RFC 6749 section 5.2).' })
export class OAuthErrorDto {
  /**
   * Stable code
   * @example 'invalid_client'
   */
  @ApiProperty({
    enum: [
      ...[
        'invalid_request',
        'invalid_client',
        'insufficient_scope',
        'invalid_scope',
        'unsupported_grant_type',
      ],
    ],
  })
  error: string;

  /**
   * Human-readable explanation
   * @example 'The client credentials are missing or not valid.'
   */
  error_description: string;
}
