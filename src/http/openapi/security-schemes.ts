import type { SecuritySchemeObject } from '@nestjs/swagger';
import { discoveryUrl, isWebIssuer } from '../../common/oidc-discovery';

/** A security scheme and its name in the OpenAPI document. */
interface NamedScheme {
  readonly name: string;
  readonly scheme: SecuritySchemeObject;
}

/** The scheme that every configuration has, and that every client generator supports. */
export const ACCESS_TOKEN: NamedScheme = {
  name: 'accessToken',
  scheme: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An access token of this service, from `POST /auth/register` or `POST /auth/login`, or a token of a trusted ' +
      'OpenID provider. Services send a key (`psk_…`) or a token from `POST /oauth/token`; what they may call is named by ' +
      '`x-service-scope` or the required permission, which is then their scope.',
  },
};

/** For the routes of OAuth: `client_id` and `client_secret` of a service account. */
export const CLIENT_BASIC: NamedScheme = {
  name: 'clientBasic',
  scheme: {
    type: 'http',
    scheme: 'basic',
    description:
      'The `id` of a service account and one of its keys; also as `client_id` and `client_secret` in the form.',
  },
};

/** The credential of a service as bearer token. */
export const SERVICE_KEY: NamedScheme = {
  name: 'serviceKey',
  scheme: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'psk_',
    description: 'A key of a service account (`psk_…`), or a token from `POST /oauth/token`.',
  },
};

/** For the interactive page only; see `pageDocument`. */
export const DEV_HEADER: NamedScheme = {
  name: 'devHeader',
  scheme: {
    type: 'apiKey',
    in: 'header',
    name: 'X-User-Email',
    description:
      'Development only: the e-mail address of the user to act as, with an optional `X-User-Name`.',
  },
};

/** One scheme per configured OpenID provider. */
export function providerSchemes(issuers: readonly string[]): NamedScheme[] {
  return issuers.map((issuer, index) => ({
    name: index === 0 ? 'providerToken' : `providerToken${index + 1}`,
    scheme: {
      ...kindOf(issuer),
      description: `A token of the OpenID provider \`${issuer}\`, as \`Authorization: Bearer …\`.`,
    },
  }));
}

/** An issuer that is not a URL has no discovery document. */
function kindOf(issuer: string): SecuritySchemeObject {
  return isWebIssuer(issuer)
    ? { type: 'openIdConnect', openIdConnectUrl: discoveryUrl(issuer) }
    : { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' };
}
