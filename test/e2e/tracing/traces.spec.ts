import { join } from 'node:path';
import { register } from '../../support/http/accounts';
import { Collector, type CollectedSpan } from '../../support/http/collector';
import { bearer, send } from '../../support/http/http';
import { useDatabase } from '../../support/database/test-database';
import { eventually } from '../../support/process/eventually';
import { logOf, startService, type Service } from '../../support/process/service';
import { useResource } from '../../support/process/use-resource';
import { ProviderStub } from '../../support/providers/provider-stub';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const TRACE_PARENT = { traceparent: `00-${TRACE}-${SPAN}-01` };
const TELL_LOADS = { NODE_OPTIONS: `--require=${join(__dirname, '../../support/process/tell-loads.cjs')}` };

describe('traces', () => {
  const database = useDatabase();
  const provider = ProviderStub.use();
  let collector: Collector;
  let service: Service;
  useResource(
    async () => {
      collector = await Collector.start();
      service = await startService({
        databaseUrl: database.url,
        env: {
          ...TELL_LOADS,
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-secret',
          AUTH_TRUSTED_PROXIES: '127.0.0.1',
          AUTH_OIDC_ISSUER: provider.issuer,
          AUTH_OIDC_AUDIENCE: 'app',
        },
      });
    },
    async () => {
      await service.stop();
      await collector.stop();
    },
  );

  const attribute = ({ attributes }: CollectedSpan, key: string) => {
    const value = attributes.find((each) => each.key === key)?.value ?? {};
    return Object.values(value)[0];
  };
  /** The span of a request, once it has been exported. */
  const requestSpan = (headers: Headers) =>
    eventually('the span of the request has arrived', () => {
      const id = headers.get('x-request-id');
      return Promise.resolve(collector.spans.find((span) => attribute(span, 'auth.request_id') === id));
    });

  it('have the spans of request, statements and reads of key sets, and no parameter', async () => {
    const account = await register(service);
    const { headers } = await send(service, 'GET', '/auth/me', {
      headers: { ...bearer(account.token), ...TRACE_PARENT },
    });
    const span = await requestSpan(headers);
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, name: 'GET', kind: 2 });
    expect(attribute(span, 'http.route')).toBe('/auth/me');
    expect(Number(attribute(span, 'http.response.status_code'))).toBe(200);
    const answer = await send(service, 'GET', '/auth/me', { headers: bearer(provider.mint()) });
    expect(answer.status).toBe(200);
    const own = await requestSpan(answer.headers);
    await eventually('the read of the key set has arrived', () =>
      Promise.resolve(
        collector.spans.find(({ name, traceId }) => name === 'read key set' && traceId === own.traceId),
      ),
    );
    const lines = await logOf(service, answer.headers);
    for (const line of lines) expect(line).toMatchObject({ trace_id: own.traceId });

    const registration = collector.spans.find((each) => attribute(each, 'http.route') === '/auth/register');
    const writes = collector.spans.filter(({ name }) => name === 'INSERT');
    expect(attribute(writes[0]!, 'db.query.text')).toMatch(/^\s*INSERT INTO/);
    expect(writes.map(({ traceId }) => traceId)).toContain(registration?.traceId);
    for (const secret of [account.email, account.password, account.token, account.refreshToken]) {
      expect(collector.text).not.toContain(secret);
    }
    expect(collector.text).not.toContain('$2b$');
    expect(collector.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { authorization: 'Bearer collector-secret' },
    });
    expect(service.output()).toContain('loaded @opentelemetry/sdk-trace');
    expect(service.output()).not.toContain('collector-secret');
  });

  it('of a caller who does not record them are not recorded', async () => {
    const other = '11111111111111111111111111111111';
    const headers = { traceparent: `00-${other}-${SPAN}-00` };
    const answer = await send(service, 'GET', '/health/live', { headers });
    expect(await logOf(service, answer.headers)).toEqual([expect.objectContaining({ trace_id: other })]);
    await requestSpan((await send(service, 'GET', '/health/live')).headers); // sent later, arrived
    expect(collector.spans.filter(({ traceId }) => traceId === other)).toEqual([]);
  });

  it('go on when the collector is away: nothing waits for it, and the log says so once', async () => {
    const away = await startService({
      databaseUrl: database.url,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    });
    try {
      await register(away);
      const isTold = () => away.logs().find(({ msg }) => msg === 'traces cannot be exported');
      await eventually('the log tells it', () => Promise.resolve(isTold()), 30_000);
      expect((await send(away, 'GET', '/health')).status).toBe(200);
      expect(await away.stop()).toBe(0);
    } finally {
      await away.stop('SIGKILL');
    }
  });
});

describe('without a collector', () => {
  const database = useDatabase();

  it('nothing of OpenTelemetry is loaded, and a trace id is logged only if a trusted proxy has told it', async () => {
    const trusting = await startService({
      databaseUrl: database.url,
      env: { ...TELL_LOADS, AUTH_TRUSTED_PROXIES: '127.0.0.1' },
    });
    const { headers } = await send(trusting, 'GET', '/teams', { headers: TRACE_PARENT });
    expect(await logOf(trusting, headers)).toEqual([expect.objectContaining({ trace_id: TRACE })]);
    const { token } = await register(trusting);
    await send(trusting, 'POST', '/auth/validate', { body: { token } });
    const malformed = await send(trusting, 'GET', '/teams', { headers: { traceparent: '00-x-y-01' } });
    for (const line of await logOf(trusting, malformed.headers)) expect(line.trace_id).toBeUndefined();
    await trusting.stop();
    expect(trusting.output()).not.toContain('@opentelemetry');

    const other = await startService({ databaseUrl: database.url });
    const answer = await send(other, 'GET', '/teams', { headers: TRACE_PARENT });
    for (const line of await logOf(other, answer.headers)) expect(line.trace_id).toBeUndefined();
    await other.stop();
  });
});
