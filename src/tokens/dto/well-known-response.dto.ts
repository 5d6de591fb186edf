import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { PublishedKey } from '../key-ring';

/** Members that every published key has (RFC 7517 section 4); the others depend on its type. */
const KEY_MEMBERS = ['kty', 'kid', 'use', 'alg'];

/** A JSON Web Key Set. */
@ApiSchema({ name: 'Jwks', description: 'A JSON Web Key Set.' })
export class JwksResponse {
  @ApiProperty({
    description: 'Public keys',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: { type: 'string' },
      properties: Object.fromEntries(KEY_MEMBERS.map((member) => [member, { type: 'string' }])),
      required: KEY_MEMBERS,
    },
    example: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
        use: 'sig',
        alg: 'ES256',
      },
    ],
  })
  keys: PublishedKey[];
}

/** What a verifier of our access tokens needs to know. */
@ApiSchema({ name: 'Metadata', description: 'Metadata for verifiers of access tokens.' })
export class ProviderMetadataResponse {
  /**
   * The `iss` of the tokens
   * @example 'promptstack-auth'
   */
  issuer: string;

  /**
   * URL of the public keys
   * @example 'http://localhost:8001/.well-known/jwks.json'
   */
  jwks_uri: string;

  /**
   * Where services get tokens
   * @example 'http://localhost:8001/oauth/token'
   */
  token_endpoint: string;

  /**
   * How services authenticate there
   * @example ['client_secret_basic', 'client_secret_post']
   */
  token_endpoint_auth_methods_supported: string[];

  /**
   * Where services ask about tokens (RFC 7662)
   * @example 'http://localhost:8001/oauth/introspect'
   */
  introspection_endpoint: string;

  /**
   * How services authenticate there
   * @example ['client_secret_basic', 'client_secret_post']
   */
  introspection_endpoint_auth_methods_supported: string[];

  /**
   * Where tokens are revoked (RFC 7009)
   * @example 'http://localhost:8001/oauth/revoke'
   */
  revocation_endpoint: string;

  /**
   * How services may authenticate there; they need not
   * @example ['client_secret_basic', 'client_secret_post']
   */
  revocation_endpoint_auth_methods_supported: string[];

  /**
   * Grants of the token endpoint
   * @example ['client_credentials']
   */
  grant_types_supported: string[];

  /**
   * Scopes of services
   * @example ['tokens:validate', 'users:read']
   */
  scopes_supported: string[];

  /**
   * Empty: there is no authorization endpoint
   * @example []
   */
  response_types_supported: string[];

  /**
   * Every client sees the same `sub` for a user
   * @example ['public']
   */
  subject_types_supported: string[];

  /**
   * Algorithms of the tokens
   * @example ['ES256']
   */
  id_token_signing_alg_values_supported: string[];

  /**
   * Claims of the tokens
   * @example ['iss', 'sub', 'uid', 'sid', 'jti', 'iat', 'exp', 'email_verified', 'auth_time', 'amr']
   */
  claims_supported: string[];
}
