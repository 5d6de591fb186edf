import { readFileSync } from 'node:fs';
import { send } from '../support/http/http';
import { SNAPSHOT } from '../support/http/openapi';
import { expectProblem } from '../support/http/problem';
import { startService, type Service } from '../support/process/service';
import { useDatabase } from '../support/database/test-database';

const PAGES = [
  '/docs',
  '/docs/',
  '/docs/index.html',
  '/docs/swagger-ui-init.js',
  '/docs/swagger-ui.css',
  '/openapi.json',
  '/openapi.yaml',
];
/** What production wants besides a database and a secret, which every test service has. */
const PRODUCTION = { NODE_ENV: 'production', AUTH_PASSWORD_HASH_COST: '10' };

describe('/docs and /openapi.json', () => {
  const database = useDatabase();
  let service: Service | undefined;

  afterEach(async () => {
    await service?.stop();
  });

  const start = async (env: Record<string, string>): Promise<Service> =>
    (service = await startService({
      databaseUrl: database.url,
      env: { AUTH_PUBLIC_URL: 'http://auth-service:8001', ...env },
    }));

  it.each([
    ['in production', PRODUCTION],
    ['where AUTH_DOCS is false', { AUTH_DOCS: 'false' }],
  ])('are not there %s', async (_where, env: Record<string, string>) => {
    const { url } = await start(env);
    for (const page of PAGES) expectProblem(await send({ url }, 'GET', page), 'not-found');
  });

  it.each([
    ['outside production', {}],
    ['in production with AUTH_DOCS=true', { ...PRODUCTION, AUTH_DOCS: 'true' }],
  ])('are there %s', async (_where, env: Record<string, string>) => {
    const { url } = await start(env);
    const answers = await Promise.all(PAGES.map((page) => send({ url }, 'GET', page)));
    expect(answers.map(({ status }) => status)).toEqual(PAGES.map(() => 200));
    const types = answers.map(({ headers }) => headers.get('content-type'));
    expect(types).toEqual([
      'text/html; charset=utf-8',
      'text/html; charset=utf-8',
      'text/html; charset=utf-8',
      'application/javascript; charset=utf-8',
      'text/css; charset=utf-8',
      'application/json; charset=utf-8',
      'text/yaml; charset=utf-8',
    ]);
    expect(answers[5]?.body).toEqual(JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
  });

  interface Served {
    readonly servers: { readonly url: string }[];
    readonly info: { readonly contact: unknown };
    readonly components: { readonly securitySchemes: Record<string, unknown> };
    readonly paths: Record<string, Record<string, { readonly security: unknown[] }>>;
  }

  /** The document inside the script of the page. */
  const documentOfPage = async (url: string): Promise<Served> => {
    const { text } = await send({ url }, 'GET', '/docs/swagger-ui-init.js');
    const options = /let options = (\{.*?\n\});/s.exec(text)?.[1] ?? '';
    return (JSON.parse(options) as { swaggerDoc: Served }).swaggerDoc;
  };

  it.each([
    ['https://id.example.com/auth/', ['https://id.example.com/auth', '/auth']],
    ['https://id.example.com', ['https://id.example.com', '/']],
  ])('name %s as the server, and the page its own host first', async (AUTH_PUBLIC_URL, servers) => {
    const { url } = await start({ AUTH_PUBLIC_URL });
    const { body } = await send<Served>({ url }, 'GET', '/openapi.json');
    expect(body.servers.map((server) => server.url)).toEqual(servers);
    expect(body.info.contact).toEqual({ name: 'PromptStack platform team' });
    expect((await documentOfPage(url)).servers.map((server) => server.url)).toEqual([...servers].reverse());
  });

  it('offer the development header where it is on, and to people only', async () => {
    const { url } = await start({ AUTH_ALLOW_DEV_HEADERS: 'true' });
    const { body } = await send<Served>({ url }, 'GET', '/openapi.json');
    expect(Object.keys(body.components.securitySchemes).sort()).toEqual([
      'accessToken',
      'clientBasic',
      'serviceKey',
    ]);
    const page = await documentOfPage(url);
    expect(Object.keys(page.components.securitySchemes).sort()).toEqual([
      'accessToken',
      'clientBasic',
      'devHeader',
      'serviceKey',
    ]);
    expect(page.paths['/auth/me']?.get?.security).toEqual([{ accessToken: [] }, { devHeader: [] }]);
    expect(page.paths['/auth/logout']?.post?.security).toEqual([{ accessToken: [] }, {}]);
    expect(page.paths['/auth/login']?.post?.security).toEqual([]);
  });

  it('offer no development header where it is off', async () => {
    const { url } = await start({});
    expect(Object.keys((await documentOfPage(url)).components.securitySchemes)).toEqual([
      'accessToken',
      'clientBasic',
      'serviceKey',
    ]);
  });
});
