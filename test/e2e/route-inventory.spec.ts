import { randomUUID } from 'node:crypto';
import { builtRoutes, type BuiltRoute } from '../support/built-app';
import { send } from '../support/http';
import { operations } from '../support/openapi';
import { expectProblem } from '../support/problem';
import { startService, type Service } from '../support/service';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

/** The routes that anyone may call. A route that is not on this list refuses whoever does not say who they are. */
const PUBLIC_API = [
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'POST /auth/register',
  'POST /auth/login',
  'POST /auth/validate',
  'POST /auth/refresh',
  'POST /auth/logout',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
];
/** The pages for people, outside production; the static files of the page are under /docs too. */
const PUBLIC_PAGES = [
  'GET /',
  'GET /openapi.json',
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
const closedRoutes = routes.filter((route) => ![...PUBLIC_API, ...PUBLIC_PAGES].includes(nameOf(route)));
const apiRoutes = routes.filter((route) => !PUBLIC_PAGES.includes(nameOf(route)));

/** An address that a route with parameters answers. */
const addressOf = ({ path }: BuiltRoute): string => path.replaceAll(/:\w+/g, () => randomUUID());

describe('the routes of the application', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

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

  it('are documented as public exactly when they are', () => {
    const open = operations().filter(
      ({ operation: { security = [] } }) =>
        security.length === 0 || security.some((way) => Object.keys(way).length === 0),
    );
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...PUBLIC_API].sort());
  });
});
