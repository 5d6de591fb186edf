import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** A token for a service (RFC 6749 section 5.1). */
@ApiSchema({ name: 'ServiceToken', description: 'A token for a service.' })
export class ServiceTokenResponse {
  /**
   * Sent as `Authorization: Bearer`
   * @example 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJ0b2tlbl91c2UiOiJzZXJ2aWNlIn0.c2lnbmF0dXJl'
   */
  access_token: string;

  /**
   * The type
   * @example 'Bearer'
   */
  @ApiProperty({ enum: ['Bearer'] })
  token_type: 'Bearer';

  /**
   * Lifetime in seconds, at most 3600; it ends with its key
   * @example 1800
   */
  @ApiProperty({ type: 'integer' })
  expires_in: number;

  /**
   * Scopes separated by blanks; absent when there are none
   * @example 'tokens:validate'
   */
  scope?: string;
}
