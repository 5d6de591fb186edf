/** A provider that is started, and what has to be set for it. */
export interface InteropProvider {
  readonly name: string;
  /** Below `providers/`. */
  readonly file: string;
  /** In `docs/oidc/`, and which of its entries. */
  readonly page: string;
  readonly block: number;
  readonly there: string;
  readonly here: string;
}

export const PROVIDERS: readonly InteropProvider[] = [
  {
    name: 'oidc-provider',
    file: 'oidc-provider.mjs',
    page: 'oidc-provider.md',
    block: 0,
    there: '`conformIdTokenClaims: false`; a resource whose access tokens are JWTs',
    here: '`audience`: client and resource',
  },
  {
    name: 'Better Auth, jwt plugin',
    file: 'better-auth.mjs',
    page: 'better-auth.md',
    block: 0,
    there: '`alg: "ES256"`, `audience`, `definePayload` with `email_verified`',
    here: '`jwks_url`',
  },
  {
    name: 'oauth2-mock-server',
    file: 'oauth2-mock-server.mjs',
    page: 'emulators.md',
    block: 0,
    there: '`client_id` in `beforeTokenSigning`, the address in `beforeUserinfo`',
    here: '`clients`, `userinfo`',
  },
  {
    name: 'cognito-local',
    file: 'cognito-local.mjs',
    page: 'emulators.md',
    block: 1,
    there: 'nothing',
    here: 'nothing',
  },
  {
    name: '@comet/dev-oidc-provider',
    file: 'comet.mjs',
    page: 'emulators.md',
    block: 2,
    there: 'nothing',
    here: '`trust_email` (or `email_verified` among the members of its users)',
  },
];
