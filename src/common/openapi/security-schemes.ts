import type { SecuritySchemeObject } from '@nestjs/swagger';

/** The ways to authenticate, as the OpenAPI document names them. */
export const SECURITY_SCHEMES: readonly { readonly name: string; readonly scheme: SecuritySchemeObject }[] = [
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
    name: 'providerToken',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'A token of the OpenID provider that `AUTH_OIDC_ISSUER` names.',
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
