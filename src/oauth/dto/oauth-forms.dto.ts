import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** Credentials of a client, in the form. */
class ClientCredentials {
  /**
   * The `id` of the service account; not beside HTTP Basic or a bearer token
   * @example '5c2f7d9a-3f5e-4b0a-8f4c-0f6a5b9d1e77'
   */
  @ApiProperty({ required: false })
  client_id?: string;

  /**
   * A key of the service account (`psk_…`); not beside HTTP Basic or a bearer token
   * @example 'psk_HwB8fmpTTVOfL1oPHJwrRBq3vX0Jm7wLk2uYt8Zs5dEfG6hNcQaRbTiUoPxMzVn1KyA0Bw'
   */
  @ApiProperty({ required: false })
  client_secret?: string;
}

/** A request for a token. */
@ApiSchema({ name: 'TokenForm', description: 'A request for a token (RFC 6749 section 4.4.2).' })
export class TokenForm extends ClientCredentials {
  /**
   * The only grant
   * @example 'client_credentials'
   */
  @ApiProperty({ enum: ['client_credentials'] })
  grant_type: string;

  /**
   * Scopes separated by blanks; without it all of the service account
   * @example 'tokens:validate users:read'
   */
  @ApiProperty({ required: false })
  scope?: string;
}

/** A token to introspect or to revoke. */
@ApiSchema({ name: 'TokenToInspect', description: 'A token (RFC 7662 section 2.1, RFC 7009 section 2.1).' })
export class InspectedTokenForm extends ClientCredentials {
  /**
   * An access token, a refresh token, a key, a service token, or a token of a provider
   * @example 'psr_4sKQ2mXw8nRzT1vYb6Jd0LfHc9Ge3UaPiOk7MxZqWsE'
   */
  token: string;

  /**
   * Not needed, and ignored: the token tells its kind
   * @example 'access_token'
   */
  @ApiProperty({ required: false })
  token_type_hint?: string;
}
