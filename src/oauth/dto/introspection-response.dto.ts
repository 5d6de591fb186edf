import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** An active token (RFC 7662 section 2.2). */
@ApiSchema({ name: 'ActiveToken', description: 'The token is active.' })
export class ActiveToken {
  @ApiProperty(
    Object.assign(
      { type: 'boolean' as const, description: 'The token is active' },
      { const: true, example: true },
    ),
  )
  active: true;

  /**
   * Of users of this service the address, of services the account, of providers' tokens their own `sub`
   * @example 'ada@example.com'
   */
  sub: string;

  /**
   * The user
   * @example '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'
   */
  uid?: string;

  /**
   * The session
   * @example 'b1a7f3f4-6f0e-4a39-8d5b-2f0c9f8b7a11'
   */
  sid?: string;

  /**
   * The address of the user
   * @example 'ada@example.com'
   */
  username?: string;

  /**
   * @example 'promptstack'
   */
  @ApiProperty({ description: 'The client that the token was issued to; of services their account' })
  client_id?: string;

  /**
   * Scopes separated by blanks; absent when there are none
   * @example 'tokens:validate'
   */
  scope?: string;

  /**
   * For tokens that are sent as `Authorization: Bearer`
   * @example 'Bearer'
   */
  token_type?: 'Bearer';

  /**
   * The issuer
   * @example 'promptstack-auth'
   */
  iss: string;

  @ApiProperty({
    description: 'The audience',
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    example: 'promptstack',
  })
  aud?: string | string[];

  /**
   * When it was issued, in seconds since 1970
   * @example 1800000000
   */
  iat: number;

  /**
   * When it expires, in seconds since 1970; of a refresh token its idle end
   * @example 1800001800
   */
  exp: number;

  /**
   * The id of the token
   * @example '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e'
   */
  jti?: string;
}

/** A token that is not active; nothing else is told. */
@ApiSchema({ name: 'InactiveToken', description: 'The token is not active, for whatever reason.' })
export class InactiveToken {
  @ApiProperty(
    Object.assign(
      { type: 'boolean' as const, description: 'The token is not active' },
      { const: false, example: false },
    ),
  )
  active: false;
}

/** The answer of introspection. */
export type Introspection = ActiveToken | InactiveToken;
