import { register } from '../support/http/accounts';
import { Collector } from '../support/http/collector';
import { bearer, send, type Answer } from '../support/http/http';
import { operations, resolvedSchema, type Operation, type Schema } from '../support/http/openapi';
import { TcpProxy } from '../support/http/tcp-proxy';
import { useDatabase } from '../support/database/test-database';
import { startService } from '../support/process/service';
import { encode } from '../support/tokens/tokens';

/** In everything that is sent, and nowhere that it may come out. */
const CANARY = 'CaNaRy-8f2d';
const SECRET = `${CANARY}-signing-key-aV3kQ9zT7mW2xN5b`;
const FORGED = [
  { alg: 'HS256', typ: 'at+jwt' },
  { sub: `${CANARY}@example.com`, iss: 'promptstack-auth' },
]
  .map((part) => encode(JSON.stringify(part)))
  .concat(CANARY.replaceAll(/[^\w]/g, ''))
  .join('.');

/** What is sent to an operation: each string is a canary, or a thing of another type with one in it. */
function hostileRequests({ parameters = [], requestBody }: Operation, path: string) {
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name }) => `${name}=${CANARY}`)
    .concat(`access_token=${CANARY}`)
    .join('&');
  const address = `${path.replaceAll(/\{\w+\}/g, CANARY)}?${query}`;
  const names = bodyNames(requestBody);
  const body = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]));
  const headers = {
    'X-Request-Id': `${CANARY} is not well-formed`,
    'Idempotency-Key': CANARY,
    'If-Match': `"${CANARY}"`,
    Cookie: `session=${CANARY}`,
    'X-Api-Key': CANARY,
  };
  const types = contentTypes(requestBody);
  return types.flatMap((type) =>
    [
      { body: text(type, body(`${CANARY}@example.com`)) },
      { body: text(type, body(CANARY.repeat(40))) },
      { body: JSON.stringify(body({ inner: [CANARY] })) },
      { body: `{"password":"${CANARY}",` },
      { body: `{"token":"${CANARY}","token":"${CANARY}"}` },
      { body: CANARY, type: 'text/plain' },
    ].map((each) => ({
      address,
      headers: { ...headers, 'Content-Type': each.type ?? type },
      body: each.body,
    })),
  );
}

const FORM = 'application/x-www-form-urlencoded';

function contentTypes(requestBody: Operation['requestBody']): string[] {
  return requestBody?.content ? Object.keys(requestBody.content) : ['application/json'];
}

function bodyNames(requestBody: Operation['requestBody']): string[] {
  const schemas = Object.values(requestBody?.content ?? {}).map(({ schema }) => resolvedSchema(schema));
  return schemas.flatMap(({ properties = {} }: Schema) => Object.keys(properties));
}

function text(type: string, members: Record<string, unknown>): string {
  return type === FORM
    ? new URLSearchParams(members as Record<string, string>).toString()
    : JSON.stringify(members);
}

describe('a secret in any part of any request', () => {
  const database = useDatabase();

  it('appears in no log line, metric, trace or problem, on every route and every error path (R46, R62)', async () => {
    const proxy = await TcpProxy.start(database.url);
    const collector = await Collector.start();
    const service = await startService({
      databaseUrl: proxy.url,
      env: {
        AUTH_JWT_SECRET_KEY: SECRET,
        AUTH_ALLOW_DEV_HEADERS: 'true',
        AUTH_LOG_LEVEL: 'debug',
        AUTH_RATE_LIMITS: 'false',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `api-key=${CANARY}`,
      },
    });
    try {
      const account = await register(service, { password: `${CANARY}-password`, name: CANARY });
      const credentials = [
        bearer(account.token),
        bearer(FORGED),
        { Authorization: `Basic ${Buffer.from(`${CANARY}:${CANARY}`).toString('base64')}` },
        { 'X-User-Email': `${CANARY}@example.com` },
        { Authorization: `Bearer psk_${CANARY}` },
      ];
      const answers: Answer[] = [];
      const sweep = async (used: Record<string, string>[]) => {
        for (const { method, path, operation } of operations()) {
          if (path === '/auth/events') continue; // answers without end
          const sent = hostileRequests(operation, path).map(({ address, headers, body }, at) => {
            const all = { ...headers, ...used[at % used.length] };
            return send(service, method, address, { headers: all, ...(method !== 'GET' && { body }) });
          });
          answers.push(...(await Promise.all(sent)));
        }
      };
      await sweep(credentials);
      expect(answers.map(({ status }) => status)).not.toContain(500);
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      await proxy.refuse();
      const beforeOutage = answers.length;
      await sweep([bearer(account.token)]);
      expect(answers.slice(beforeOutage).map(({ status }) => status)).toContain(503);
      await proxy.accept();
      expect(await service.stop()).toBe(0);

      const forms = [CANARY, Buffer.from(CANARY).toString('base64url').slice(0, -1), account.token, FORGED];
      const holds = (output: string) => forms.filter((form) => output.includes(form));
      expect(holds(service.output())).toEqual([]);
      expect(holds(metrics)).toEqual([]);
      expect(holds(collector.text)).toEqual([]);
      const problems = answers.filter(({ headers }) =>
        headers.get('content-type')?.startsWith('application/problem+json'),
      );
      expect(problems.length).toBeGreaterThan(200);
      // `instance` is the path that was asked for, without its query.
      const shown = problems.map(({ body, headers }) =>
        JSON.stringify([{ ...body, instance: undefined }, [...headers]]),
      );
      expect(shown.filter((problem) => holds(problem).length > 0)).toEqual([]);
    } finally {
      await service.stop('SIGKILL');
      await proxy.stop();
      await collector.stop();
    }
  });
});
