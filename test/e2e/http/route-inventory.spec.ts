import { randomUUID } from 'node:crypto';
import type { Permission } from '../../../src/security/permissions';
import { builtRoutes, type BuiltRoute } from '../../support/process/built-app';
import { send } from '../../support/http/http';
import { operations, type Operation } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { useService } from '../../support/process/use-service';

/** Who may call a route: anyone, a client of OAuth (which has its own form of refusal), any authenticated caller, or a caller with a permission. */
type Access = 'anyone' | 'client' | 'authenticated' | Permission;

/** Every route of the API, as the document writes its path. */
const ACCESS: Readonly<Record<string, Access>> = {
  'GET /health': 'anyone',
  'GET /health/live': 'anyone',
  'GET /health/ready': 'anyone',
  'POST /auth/register': 'anyone',
  'POST /auth/login': 'anyone',
  'POST /auth/activate': 'anyone',
  'POST /auth/email/verify': 'anyone',
  'POST /auth/email/change': 'anyone',
  'POST /auth/email/undo': 'anyone',
  'POST /auth/password/forgot': 'anyone',
  'POST /auth/password/reset': 'anyone',
  'POST /auth/validate': 'anyone',
  'POST /auth/validate/batch': 'anyone',
  'POST /auth/refresh': 'anyone',
  'POST /auth/logout': 'anyone',
  'GET /.well-known/jwks.json': 'anyone',
  'GET /.well-known/openid-configuration': 'anyone',
  'GET /.well-known/oauth-authorization-server': 'anyone',
  'POST /oauth/token': 'client',
  'POST /oauth/introspect': 'client',
  'POST /oauth/revoke': 'anyone',
  'GET /auth/events': 'tokens:validate',
  'GET /auth/me': 'authenticated',
  'GET /auth/verify': 'authenticated',
  'GET /users/me': 'authenticated',
  'PATCH /users/me': 'authenticated',
  'GET /auth/sessions': 'authenticated',
  'DELETE /auth/sessions': 'authenticated',
  'DELETE /auth/sessions/{id}': 'authenticated',
  'POST /auth/password': 'authenticated',
  'POST /auth/email/verification': 'authenticated',
  'PUT /users/me/email': 'authenticated',
  'GET /teams': 'authenticated',
  'GET /teams/all': 'authenticated',
  'GET /domains': 'authenticated',
  'GET /domains/all': 'authenticated',
  'POST /teams': 'teams:write',
  // Who may do what with one team or domain is decided with it: inactive ones are not there for all but administrators.
  'GET /teams/{id}': 'authenticated',
  'PATCH /teams/{id}': 'authenticated',
  'DELETE /teams/{id}': 'authenticated',
  'GET /teams/{id}/members': 'authenticated',
  'POST /teams/{id}/members': 'authenticated',
  'PUT /teams/{id}/members/{user_id}': 'authenticated',
  'DELETE /teams/{id}/members/{user_id}': 'authenticated',
  'POST /domains': 'domains:write',
  'GET /domains/tree': 'authenticated',
  'GET /domains/{id}': 'authenticated',
  'PATCH /domains/{id}': 'authenticated',
  'DELETE /domains/{id}': 'authenticated',
  'GET /domains/{id}/users': 'authenticated',
  'PUT /domains/{id}/users/{user_id}': 'authenticated',
  'DELETE /domains/{id}/users/{user_id}': 'authenticated',
  'GET /users/me/export': 'authenticated',
  'DELETE /users/me': 'authenticated',
  'POST /users/lookup': 'authenticated',
  'GET /service-accounts': 'services:write',
  'POST /service-accounts': 'services:write',
  'GET /service-accounts/{id}': 'services:write',
  'PATCH /service-accounts/{id}': 'services:write',
  'DELETE /service-accounts/{id}': 'services:write',
  'GET /service-accounts/{id}/keys': 'services:write',
  'POST /service-accounts/{id}/keys': 'services:write',
  'DELETE /service-accounts/{id}/keys': 'services:write',
  'GET /service-accounts/{id}/keys/{key_id}': 'services:write',
  'DELETE /service-accounts/{id}/keys/{key_id}': 'services:write',
  'GET /audit/events': 'audit:read',
  'GET /audit/events/export': 'audit:read',
  'GET /users': 'users:read',
  'POST /users': 'users:write',
  'GET /users/{id}': 'users:read',
  'PATCH /users/{id}': 'users:write',
  'DELETE /users/{id}': 'users:write',
  'DELETE /users/{id}/tombstone': 'users:write',
  'POST /users/{id}/activation': 'users:write',
  'GET /users/{id}/sessions': 'users:read',
  'DELETE /users/{id}/sessions': 'users:write',
  'DELETE /users/{id}/sessions/{session_id}': 'users:write',
};
const PUBLIC_API = Object.keys(ACCESS).filter((name) => ACCESS[name] === 'anyone');
/** Pages for people and for Prometheus, outside production; the static files of the documentation are under /docs too. */
const PUBLIC_PAGES = [
  'GET /',
  'GET /openapi.json',
  'GET /metrics',
  'GET /dev/mails',
  'GET /account/style.css',
  'GET /account/code.js',
  'GET /account/:page',
  'POST /account/:page',
  'GET /openapi.yaml',
  'GET /docs',
  'GET /docs/',
  'GET /docs/index.html',
  'GET /docs/LICENSE',
  'GET /docs/swagger-ui-init.js',
  'GET /docs/docs/swagger-ui-init.js',
];

const routes = builtRoutes();
const nameOf = ({ method, path }: BuiltRoute): string => `${method} ${path}`;
const CLIENT_API = Object.keys(ACCESS).filter((name) => ACCESS[name] === 'client');
const closedRoutes = routes.filter(
  (route) => ![...PUBLIC_API, ...CLIENT_API, ...PUBLIC_PAGES].includes(nameOf(route)),
);
const apiRoutes = routes.filter((route) => !PUBLIC_PAGES.includes(nameOf(route)));

/** What the document says of who may call an operation. */
function accessOf({ security = [] }: Operation): string {
  if (security.length === 0 || security.some((way) => Object.keys(way).length === 0)) return 'anyone';
  if (security.some((way) => 'clientBasic' in way)) return 'client';
  const permissions = new Set(security.flatMap((way) => Object.values(way).flat()));
  return permissions.size === 0 ? 'authenticated' : [...permissions].join(' and ');
}

/** An address that a route with parameters answers. */
const addressOf = ({ path }: BuiltRoute): string => path.replaceAll(/:\w+/g, () => randomUUID());

describe('the routes of the application', () => {
  const service = useService();

  it.each(closedRoutes)('refuses an anonymous $method $path', async (route) => {
    const answer = await send(service, route.method, addressOf(route));
    expectProblem(answer, 'authentication-required');
  });

  it.each(closedRoutes.filter(({ method }) => method === 'GET'))(
    'refuses an anonymous HEAD $path',
    async (route) => {
      expect((await send(service, 'HEAD', addressOf(route))).status).toBe(401);
    },
  );

  it.each(CLIENT_API)('refuses an anonymous client at %s', async (name) => {
    const [method = '', path = ''] = name.split(' ');
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const { status, body } = await send(service, method, path, { headers, body: 'token=x' });
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });

  it.each(PUBLIC_API)('lets anyone call %s', async (name) => {
    const [method = '', path = ''] = name.split(' ');
    // To sign out, somebody's token is needed: one that is nobody's ends nothing.
    const body = path === '/auth/logout' ? { refresh_token: 'nobodys' } : undefined;
    const { status } = await send(service, method, path, { body });
    expect([200, 204, 400]).toContain(status); // 400: the body that it wants is missing
  });

  it('has every route of the public list', () => {
    expect(routes.map(nameOf)).toEqual(expect.arrayContaining([...PUBLIC_API, ...PUBLIC_PAGES]));
  });

  it('are those of the OpenAPI document, no more and no fewer', () => {
    const documented = operations().map(({ method, path }) => `${method} ${path}`);
    const built = apiRoutes.map((route) => nameOf(route).replaceAll(/:(\w+)/g, '{$1}'));
    expect(documented.sort()).toEqual(built.sort());
  });

  it('are each documented as public, authenticated, or with the permission that they ask for', () => {
    const documented = operations().map(({ method, path, operation }) => [
      `${method} ${path}`,
      accessOf(operation),
    ]);
    expect(Object.fromEntries(documented)).toEqual(ACCESS);
  });
});
