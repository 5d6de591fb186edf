import type { SecuritySchemeObject } from '@nestjs/swagger';
import { discoveryUrl } from '../oidc-discovery';

/** A way to authenticate, under its name in the OpenAPI document. */
interface NamedScheme {
  readonly name: string;
  readonly scheme: SecuritySchemeObject;
}

/** The ways to authenticate that every configuration has. */
export const SECURITY_SCHEMES: readonly NamedScheme[] = [
  {
    name: 'accessToken',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token of this service, from `POST /auth/register` or `POST /auth/login`.',
    },
  },
  {
    name: 'devHeader',
    scheme: {
      type: 'apiKey',
      in: 'header',
      name: 'X-User-Email',
      description:
        'Development only (`AUTH_ALLOW_DEV_HEADERS=true`): the address of the person to be; `X-User-Name` may go with it.',
    },
  },
];

/** One way for each outside OpenID provider; `issuers` are their issuers. */
export function providerSchemes(issuers: readonly string[]): NamedScheme[] {
  return issuers.map((issuer, index) => ({
    name: index === 0 ? 'providerToken' : `providerToken${index + 1}`,
    scheme: {
      type: 'openIdConnect',
      openIdConnectUrl: discoveryUrl(issuer),
      description: `A token of the OpenID provider \`${issuer}\`, as \`Authorization: Bearer …\`.`,
    },
  }));
}
