import { ApiProperty } from '@nestjs/swagger';
import type { PublishedKey } from '../tokens/local-keys';

/** A JSON Web Key Set. */
export class JwksResponse {
  @ApiProperty({
    description: 'Public keys',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: { type: 'string' },
      required: ['kty', 'kid', 'use', 'alg'],
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
export class ProviderMetadataResponse {
  /**
   * The `iss` of the tokens
   * @example 'promptstack-auth'
   */
  issuer: string;

  /** @example 'http://localhost:8001/.well-known/jwks.json' */
  jwks_uri: string;

  /** @example [] */
  response_types_supported: string[];

  /** @example ['public'] */
  subject_types_supported: string[];

  /** @example ['ES256'] */
  id_token_signing_alg_values_supported: string[];

  /** @example ['iss', 'sub', 'uid', 'sid', 'jti', 'iat', 'exp'] */
  claims_supported: string[];
}
