/** A provider that is started, and what has to be set for it. */
export interface InteropProvider {
  readonly name: string;
  /** Below `providers/`. */
  readonly file: string;
  /** In `docs/oidc/`, and which of its entries. */
  readonly page: string;
  readonly block: number;
  /** A program of Debian that it needs. */
  readonly program?: string;
  /** Too large or too slow for each run: `npm run test:interop -- --all` runs it. */
  readonly large?: true;
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
  {
    name: 'Better Auth, oauth-provider plugin',
    file: 'better-auth-oauth-provider.mjs',
    page: 'better-auth.md',
    block: 1,
    there: '`alg: "ES256"`, a resource',
    here: '`userinfo`; `audience`: client and resource',
  },
  {
    name: 'glewlwyd',
    file: 'glewlwyd.mjs',
    page: 'glewlwyd.md',
    block: 0,
    program: '/usr/bin/glewlwyd',
    there: 'a key pair; `email` and a boolean `email_verified` as mandatory claims; a resource',
    here: '`audience`: client and resource',
  },
  {
    name: 'LemonLDAP::NG',
    file: 'lemonldap-ng.mjs',
    page: 'lemonldap-ng.md',
    block: 0,
    program: '/usr/share/perl5/Lemonldap/NG/Portal.pm',
    large: true,
    there:
      'RS256; claims forced into the ID token; `email_verified` as `attr;bool;auto`; access tokens as JWT',
    here: 'the last slash of the issuer',
  },
  {
    name: 'django-oauth-toolkit',
    file: 'django-oauth-toolkit.mjs',
    page: 'django-oauth-toolkit.md',
    block: 0,
    program: '/usr/lib/python3/dist-packages/oauth2_provider/__init__.py',
    there: 'RS256; `get_additional_claims` with `email` and `email_verified`',
    here: 'nothing',
  },
  {
    name: 'Firebase emulator',
    file: 'firebase.mjs',
    page: 'emulators.md',
    block: 3,
    large: true,
    there: 'nothing helps',
    here: 'nothing helps',
  },
];
