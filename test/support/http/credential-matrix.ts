import type { Scope } from '../../../src/security/permissions';
import { MATRIX } from './permission-matrix';

/** What a request is sent with, in its Authorization header unless the name says otherwise. */
export const CREDENTIALS = [
  ...['none', 'malformed', 'userToken', 'providerIdToken', 'providerAccessToken', 'devHeader'],
  ...['expiredUserToken', 'revokedUserToken', 'refreshToken', 'expiredProviderToken', 'endedProviderToken'],
  ...['key', 'keyInBasic', 'serviceToken', 'keyWithoutScope', 'serviceTokenWithoutScope'],
  ...['expiredKey', 'revokedKey', 'expiredServiceToken', 'revokedServiceToken'],
] as const;
export type Credential = (typeof CREDENTIALS)[number];

/** What the owner of a credential is to a route. */
export const KINDS: Readonly<
  Record<Credential, 'user' | 'service' | 'service-without-scope' | 'refused' | 'none'>
> = {
  none: 'none',
  malformed: 'refused',
  userToken: 'user',
  providerIdToken: 'user',
  providerAccessToken: 'user',
  devHeader: 'user',
  expiredUserToken: 'refused',
  revokedUserToken: 'refused',
  refreshToken: 'refused',
  expiredProviderToken: 'refused',
  endedProviderToken: 'refused',
  key: 'service',
  keyInBasic: 'service',
  serviceToken: 'service',
  keyWithoutScope: 'service-without-scope',
  serviceTokenWithoutScope: 'service-without-scope',
  expiredKey: 'refused',
  revokedKey: 'refused',
  expiredServiceToken: 'refused',
  revokedServiceToken: 'refused',
};

/**
 * What a service may do at a route: it needs this scope; `nobody`: no service may; `open`: nobody's credential is looked at; `own`: the
 * route looks at the credential in its own way, and `OWN` has every answer.
 */
type Access = Scope | 'nobody' | 'open' | 'own';

const routes = (access: Access, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, access]));

/** Every row of the matrix of permissions; one without an access fails. */
export const SERVICES: Readonly<Record<string, Access>> = {
  ...routes(
    'open',
    ...['GET /health', 'GET /health/live', 'GET /health/ready', 'GET /.well-known/jwks.json'],
    ...['GET /.well-known/openid-configuration', 'GET /.well-known/oauth-authorization-server'],
    ...['POST /auth/register', 'POST /auth/login', 'POST /auth/activate', 'POST /auth/refresh'],
    ...['POST /auth/password/forgot', 'POST /auth/password/reset', 'POST /auth/email/verify'],
    ...[
      'POST /auth/email/change',
      'POST /auth/email/undo',
      'POST /auth/validate',
      'POST /auth/validate/batch',
    ],
  ),
  ...routes('own', 'GET /auth/verify', 'POST /auth/logout'),
  ...routes('own', 'POST /oauth/token', 'POST /oauth/introspect', 'POST /oauth/revoke'),
  ...routes('tokens:validate', 'GET /auth/events'),
  ...routes(
    'nobody',
    ...['POST /auth/email/verification', 'PUT /users/me/email', 'POST /auth/password'],
    ...['GET /auth/me', 'GET /auth/sessions', 'DELETE /auth/sessions', 'DELETE /auth/sessions/{id}'],
    ...['GET /users/me', 'PATCH /users/me', 'GET /users/me/export', 'DELETE /users/me'],
    ...['GET /teams', 'GET /domains'],
    ...['GET /service-accounts', 'POST /service-accounts', 'GET /service-accounts/{id}'],
    ...['PATCH /service-accounts/{id}', 'DELETE /service-accounts/{id}', 'GET /service-accounts/{id}/keys'],
    ...['POST /service-accounts/{id}/keys', 'DELETE /service-accounts/{id}/keys'],
    ...['GET /service-accounts/{id}/keys/{key_id}', 'DELETE /service-accounts/{id}/keys/{key_id}'],
  ),
  ...routes('audit:read', 'GET /audit/events', 'GET /audit/events/export'),
  ...routes('users:read', 'POST /users/lookup', 'GET /users', 'GET /users/{id}', 'GET /users/{id}/sessions'),
  ...routes(
    'users:write',
    ...['POST /users', 'PATCH /users/{id}', 'DELETE /users/{id}', 'POST /users/{id}/activation'],
    ...[
      'DELETE /users/{id}/tombstone',
      'DELETE /users/{id}/sessions',
      'DELETE /users/{id}/sessions/{session_id}',
    ],
  ),
  ...routes(
    'teams:write',
    ...['GET /teams/all', 'POST /teams', 'GET /teams/{id}', 'PATCH /teams/{id}', 'DELETE /teams/{id}'],
    ...['PATCH /teams/{id} more than the name', 'GET /teams/{id}/members', 'POST /teams/{id}/members'],
    ...['PUT /teams/{id}/members/{user_id}', 'PUT /teams/{id}/members/{user_id} as owner'],
    ...['DELETE /teams/{id}/members/{user_id}', 'DELETE /teams/{id}/members/{user_id} oneself'],
  ),
  ...routes(
    'domains:write',
    ...['GET /domains/all', 'GET /domains/tree', 'GET /domains/tree with inactive ones', 'POST /domains'],
    ...['GET /domains/{id}', 'PATCH /domains/{id}', 'DELETE /domains/{id}', 'GET /domains/{id}/users'],
    ...['PUT /domains/{id}/users/{user_id}', 'DELETE /domains/{id}/users/{user_id}'],
  ),
};

/** Answers that do not follow from what the owner of the credential is. */
export const EXCEPTIONS: Readonly<Record<string, Partial<Record<Credential, number>>>> = {
  // users:write never sets a platform role.
  'PATCH /users/{id}': { key: 403, keyInBasic: 403, serviceToken: 403 },
};

const all = (status: number, exceptions: Partial<Record<Credential, number>> = {}) => ({
  ...Object.fromEntries(CREDENTIALS.map((credential) => [credential, status])),
  ...exceptions,
});
const USERS = { userToken: 204, providerIdToken: 204, providerAccessToken: 204 } as const;
/** In the Authorization header, or under one of its own: they are no credentials of a client. */
const NO_CLIENTS = { none: 200, devHeader: 200 } as const;
const GOOD_CLIENTS = { key: 200, keyInBasic: 200 } as const;
const GOOD_CALLERS = {
  ...{ userToken: 200, providerIdToken: 200, providerAccessToken: 200 },
  ...{ ...GOOD_CLIENTS, serviceToken: 200, keyWithoutScope: 200, serviceTokenWithoutScope: 200 },
} as const;

/** The routes that look at credentials in their own way. */
export const OWN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // The credential is the token that is asked about, and only those of users count.
  'GET /auth/verify': all(401, USERS),
  // Whoever has signed out, has expired or has ended may sign out again; what is no token of a user is refused.
  'POST /auth/logout': all(401, {
    ...USERS,
    ...{ expiredUserToken: 204, revokedUserToken: 204, expiredProviderToken: 204, endedProviderToken: 204 },
  }),
  // Forms, with what their client needs besides its credential.
  'POST /oauth/token': all(401, { ...GOOD_CLIENTS, keyWithoutScope: 200 }),
  'POST /oauth/introspect': all(401, {
    ...{ userToken: 403, providerIdToken: 403, providerAccessToken: 403 },
    ...{ ...GOOD_CLIENTS, serviceToken: 200, keyWithoutScope: 403, serviceTokenWithoutScope: 403 },
  }),
  // A client may authenticate; if it does, its credential must be good.
  'POST /oauth/revoke': all(401, { ...GOOD_CALLERS, ...NO_CLIENTS }),
};

/** The expected status of every credential at a row of the matrix of permissions. */
export function expectedOf(name: string): Readonly<Record<string, number>> {
  const own = OWN[name];
  if (own) return own;
  const { expected } = MATRIX[name]!;
  const access = SERVICES[name];
  return Object.fromEntries(
    CREDENTIALS.map((credential) => [
      credential,
      EXCEPTIONS[name]?.[credential] ?? statusOf(KINDS[credential]),
    ]),
  );

  function statusOf(kind: (typeof KINDS)[Credential]): number {
    if (access === 'open') return expected.anonymous;
    if (kind === 'none' || kind === 'refused') return 401;
    if (kind === 'user') return expected.user;
    if (kind === 'service-without-scope' || access === 'nobody') return 403;
    return name === 'GET /auth/events' ? 200 : expected.admin;
  }
}
