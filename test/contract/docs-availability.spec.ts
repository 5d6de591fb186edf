import { readFileSync } from 'node:fs';
import { send } from '../support/http';
import { SNAPSHOT } from '../support/openapi';
import { expectProblem } from '../support/problem';
import { startService, type Service } from '../support/service';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

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
  let database: TestDatabase;
  let service: Service | undefined;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await service?.stop();
  });

  afterAll(async () => {
    await database.drop();
  });

  const start = async (env: Record<string, string>): Promise<Service> =>
    (service = await startService({ databaseUrl: database.url, env }));

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
});
