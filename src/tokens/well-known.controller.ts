import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiOkResponse, ApiQuery, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { SCOPES } from '../security/permissions';
import { Public } from '../security/public.decorator';
import { HttpConfig } from '../config/http.config';
import { TokenConfig } from '../config/token.config';
import { JwksResponse, ProviderMetadataResponse } from './dto/well-known-response.dto';
import { KeyRing } from './key-ring';

/** Shorter than the time for which a rotation leaves a new key unused (`docs/operate/keys.md`). */
const CACHE = 'public, max-age=300';
/** RFC 6749 section 2.3.1. */
const CLIENT_METHODS = ['client_secret_basic', 'client_secret_post'];
const CLAIMS = [
  ...['iss', 'sub', 'uid', 'sid', 'jti', 'iat', 'exp'],
  ...['email_verified', 'auth_time', 'amr', 'token_use'],
];

@ApiTags('Keys')
@ApiSecurity({})
@Public()
@Controller('.well-known')
export class WellKnownController {
  constructor(
    private readonly keys: KeyRing,
    private readonly tokens: TokenConfig,
    private readonly http: HttpConfig,
  ) {}

  /**
   * Public keys of the access tokens (RFC 7517 section 5)
   * @remarks The signing key and the additional keys that are accepted; empty with HS256. `alg` or `kid` select one key, for
   * verifiers that take a set of one: of an algorithm the signing key or else the first of the additional ones. A selection
   * that fits no key is an empty set.
   */
  @Get('jwks.json')
  @Header('Cache-Control', CACHE)
  @ApiQuery({
    name: 'alg',
    required: false,
    type: String,
    description: 'Algorithm of the key',
    example: 'RS256',
  })
  @ApiQuery({ name: 'kid', required: false, type: String, description: 'Id of the key' })
  @ApiOkResponse({ type: JwksResponse, description: 'A JSON Web Key Set' })
  getJwks(@Query('alg') alg?: unknown, @Query('kid') kid?: unknown): JwksResponse {
    if (alg === undefined && kid === undefined) return { keys: [...this.keys.published] };
    const key = this.keys.published.find(
      (each) => (alg === undefined || each.alg === alg) && (kid === undefined || each.kid === kid),
    );
    return { keys: key ? [key] : [] };
  }

  /**
   * Metadata for verifiers
   * @remarks In the form of OpenID Connect Discovery 1.0 section 3, without what does not apply: the service issues access tokens only.
   */
  @Get('openid-configuration')
  @Header('Cache-Control', CACHE)
  @ApiOkResponse({ type: ProviderMetadataResponse, description: 'Metadata' })
  getOpenidConfiguration(): ProviderMetadataResponse {
    return this.metadata();
  }

  /**
   * The same metadata at the path of RFC 8414
   * @remarks For clients that look for an OAuth 2.0 authorization server. The document equals `openid-configuration`.
   */
  @Get('oauth-authorization-server')
  @Header('Cache-Control', CACHE)
  @ApiOkResponse({ type: ProviderMetadataResponse, description: 'Metadata' })
  getAuthorizationServerMetadata(): ProviderMetadataResponse {
    return this.metadata();
  }

  private metadata(): ProviderMetadataResponse {
    const { issuer, audience, clientId, extraClaims } = this.tokens;
    const url = this.http.publicUrl.replace(/\/$/, '');
    return {
      issuer,
      jwks_uri: `${url}/.well-known/jwks.json`,
      token_endpoint: `${url}/oauth/token`,
      token_endpoint_auth_methods_supported: [...CLIENT_METHODS],
      introspection_endpoint: `${url}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: [...CLIENT_METHODS],
      revocation_endpoint: `${url}/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: [...CLIENT_METHODS],
      grant_types_supported: ['client_credentials'],
      scopes_supported: [...SCOPES],
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: this.keys.algorithms,
      claims_supported: [
        ...CLAIMS,
        ...(clientId === undefined ? [] : ['client_id']),
        ...(audience === undefined ? [] : ['aud']),
        ...Object.keys(extraClaims),
      ],
    };
  }
}
