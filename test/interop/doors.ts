/** A library that gets tokens, introspects and revokes, or a program that asks about the tokens of its callers. */
export interface Door {
  readonly name: string;
  /** Below `doors/`. */
  readonly file: string;
  /** Packages whose versions belong into the table; none for programs, which tell their own. */
  readonly packages: readonly string[];
  /** Programs that must be installed. */
  readonly programs: readonly string[];
  readonly options: string;
  readonly note?: string;
}

const DIST_PACKAGES = '/usr/lib/python3/dist-packages';

/** Clients of `/oauth/token`, `/oauth/introspect` and `/oauth/revoke`. */
export const CLIENTS: readonly (Door & { readonly introspects: boolean })[] = [
  {
    name: 'oauth4webapi',
    file: 'oauth4webapi.mjs',
    packages: ['oauth4webapi'],
    programs: [],
    introspects: true,
    options: '`discoveryRequest(…, { algorithm: "oauth2" })`, `ClientSecretBasic`',
    note: 'needs the public URL as `AUTH_JWT_ISSUER`',
  },
  {
    name: 'openid-client',
    file: 'openid-client.mjs',
    packages: ['openid-client'],
    programs: [],
    introspects: true,
    options: '`discovery(…, { algorithm: "oauth2" })`, `ClientSecretPost` (or Basic)',
    note: 'needs the public URL as `AUTH_JWT_ISSUER`',
  },
  {
    name: 'Authlib',
    file: 'authlib_client.py',
    packages: ['Authlib'],
    programs: [`${DIST_PACKAGES}/authlib`],
    introspects: true,
    options: '`OAuth2Session(id, key, token_endpoint_auth_method="client_secret_basic")`',
    note: '`introspect_token` answers the response: look at its status first',
  },
  {
    name: 'requests-oauthlib',
    file: 'requests_oauthlib_client.py',
    packages: ['requests-oauthlib', 'oauthlib'],
    programs: [`${DIST_PACKAGES}/requests_oauthlib`],
    introspects: false,
    options: '`OAuth2Session(client=BackendApplicationClient(client_id=id, scope=…))`',
    note: 'knows no introspection; `prepare_token_revocation_request` makes the request that revokes',
  },
];

/** What asks about the tokens of its callers, with a credential of its own. */
export const RESOURCE_SERVERS: readonly (Door & { readonly asks: string })[] = [
  {
    name: 'passport-http-bearer',
    file: 'passport-http-bearer.mjs',
    packages: ['passport-http-bearer', 'passport'],
    programs: [],
    asks: '`/oauth/introspect`',
    options: 'a verify callback that introspects; `done(error)` when it cannot',
    note: 'refresh tokens and keys are active too: want `token_type`, and `uid` for users',
  },
  {
    name: 'Apache, mod_auth_openidc',
    file: 'mod_auth_openidc.mjs',
    packages: [],
    programs: ['/usr/lib/apache2/modules/mod_auth_openidc.so'],
    asks: '`/oauth/introspect`',
    options:
      '`AuthType oauth20`, `OIDCOAuthTokenExpiryClaim exp absolute`, `OIDCOAuthTokenIntrospectionInterval -1`',
    note: 'https only; its own fault: 503 becomes 401 `invalid_token`',
  },
  {
    name: 'nginx `auth_request`',
    file: 'nginx.mjs',
    packages: [],
    programs: ['/usr/sbin/nginx'],
    asks: '`/auth/verify`',
    options: '[its page](consumers/nginx.md)',
    note: 'its own fault: any status but 2xx, 401 and 403 becomes 500, which the page makes 503 again',
  },
  {
    name: 'HAProxy, Lua',
    file: 'haproxy.mjs',
    packages: [],
    programs: ['/usr/sbin/haproxy'],
    asks: '`/auth/verify`',
    options: '[its page](consumers/haproxy.md)',
  },
  {
    name: 'Caddy `forward_auth`',
    file: 'caddy.mjs',
    packages: [],
    programs: ['/usr/bin/caddy'],
    asks: '`/auth/verify`',
    options: '[its page](consumers/caddy.md)',
  },
];
