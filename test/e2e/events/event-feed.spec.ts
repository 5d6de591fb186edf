import { register } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import { follow, type Followed } from '../../support/http/event-feed';
import { bearer, send } from '../../support/http/http';
import { basic, aKey, aService, postForm, type ServiceClient } from '../../support/http/services';
import { eventually } from '../../support/process/eventually';
import { startService } from '../../support/process/service';
import { useService } from '../../support/process/use-service';

const service = useService({ mayAnswer5xx: true, env: { AUTH_EVENT_STREAMS: '8' } });
const { database } = service;
const replica = useService({ database });
let admin: ApiUser;
let consumer: ServiceClient;
beforeAll(async () => {
  admin = await anAdmin(service, database);
  consumer = await aService(admin, ['tokens:validate']);
});

const streams: Followed[] = [];
async function followed(...args: Parameters<typeof follow>): Promise<Followed> {
  const stream = await follow(...args);
  streams.push(stream);
  await stream.next('hello');
  return stream;
}
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await eventually('they are closed', async () => {
    const { text } = await send(service, 'GET', '/metrics');
    return /^auth_event_streams 0$/m.test(text) || undefined;
  });
});

describe('GET /auth/events', () => {
  it('begins with hello, and has a heartbeat each second', async () => {
    const stream = await followed(service, consumer.key);
    const { headers } = stream.response;
    expect(headers.get('Content-Type')).toMatch(/^text\/event-stream/);
    expect([headers.get('Cache-Control'), headers.get('X-Accel-Buffering')]).toEqual(['no-store', 'no']);
    expect(stream.events[0]).toMatchObject({
      kind: 'hello',
      data: { bound_ms: 2_000, server_time: expect.stringMatching(/^\d{4}-.*Z$/) as string },
    });
    await eventually('three heartbeats', () => stream.heartbeats.length >= 3 || undefined);
    const [first, , third] = stream.heartbeats;
    expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1_500);
  });

  it('R18: tells on every replica what ends or changes answers, whoever commits it', async () => {
    const here = await followed(service, consumer.key);
    const there = await followed(replica, consumer.key);
    const both = (kind: string, data = {}) =>
      Promise.all([here, there].map((stream) => stream.next(kind, data)));

    const one = await register(service);
    await send(service, 'POST', '/auth/logout', { headers: bearer(one.token) });
    await both('session-ended', { sid: one.sid });

    const other = await register(replica);
    await database.query("UPDATE users SET name = 'Other' WHERE id = $1", [other.id]);
    await both('user-changed', { uid: other.id });
    await admin.must(200, 'PATCH', `/users/${other.id}`, { is_active: false });
    const [ended] = await both('user-ended', { uid: other.id });
    expect(Object.keys(ended?.data ?? {})).toEqual(['uid', 'not_before']);
    expect(Date.parse(String(ended?.data.not_before))).not.toBeNaN();

    const gone = await register(service);
    await admin.must(204, 'DELETE', `/users/${gone.id}`);
    await both('user-ended', { uid: gone.id, not_before: null });

    const { id: team } = await admin.must<{ id: string }>(201, 'POST', '/teams', { name: `Team ${gone.id}` });
    await admin.must(200, 'PATCH', `/teams/${team}`, { name: `Crew ${gone.id}` });
    await both('all-changed');
  });

  it('R96: is for services with tokens:validate, by key, Basic or service token', async () => {
    const stranger = await aService(admin, ['users:read']);
    const refusals: [Record<string, string>, number][] = [
      [{}, 401],
      [bearer('psk_unknown'), 401],
      [bearer(stranger.key), 403],
      [bearer(admin.account.token), 403],
    ];
    for (const [headers, status] of refusals)
      expect((await send(service, 'GET', '/auth/events', { headers })).status).toBe(status);
    expect((await send(service, 'GET', `/auth/events?access_token=${consumer.key}`)).status).toBe(401);
    await followed(service, '', basic(consumer.id, consumer.key));
    const token = await postForm<{ access_token: string }>(
      service,
      '/oauth/token',
      { grant_type: 'client_credentials' },
      basic(consumer.id, consumer.key),
    );
    if (token.status === 200) await followed(service, token.body.access_token);
  });

  it('a stream ends with its credential, as a complete response', async () => {
    const { key, keyId } = await aKey(admin, consumer.id);
    const stream = await followed(service, key);
    const other = await followed(service, consumer.key);
    await admin.must(204, 'DELETE', `/service-accounts/${consumer.id}/keys/${keyId}`);
    expect(await eventually('the end', () => stream.end)).toBe('complete');
    const scoped = await aService(admin, ['tokens:validate']);
    const narrowed = await followed(service, scoped.key);
    await admin.must(200, 'PATCH', `/service-accounts/${scoped.id}`, { scopes: ['users:read'] });
    expect(await eventually('the end', () => narrowed.end)).toBe('complete');
    expect(other.end).toBeUndefined();
  });

  it('answers 503 beyond AUTH_EVENT_STREAMS', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => followed(service, consumer.key)));
    const { status, headers } = await send(service, 'GET', '/auth/events', { headers: bearer(consumer.key) });
    expect([status, Number(headers.get('Retry-After'))]).toEqual([503, 5]);
    all[0]?.close();
    await eventually('there is room', () => followed(service, consumer.key).catch(() => undefined));
  });

  it('R96: a forged notification, or one too many, costs memory and nothing else', async () => {
    const stream = await followed(service, consumer.key);
    await database.query("SELECT pg_notify('promptstack_auth', 'forged')");
    await stream.next('all-changed');
  });

  it('at SIGTERM streams end within 1.5 s as complete responses, whatever the drain', async () => {
    const stopping = await startService({
      databaseUrl: database.url,
      env: { AUTH_SHUTDOWN_DRAIN_SECONDS: '3' },
    });
    const stream = await followed(stopping, consumer.key);
    const begin = performance.now();
    const stopped = stopping.stop();
    expect(await eventually('the end', () => stream.end)).toBe('complete');
    expect(performance.now() - begin).toBeLessThan(1_500);
    expect(await stopped).toBe(0);
  });
});
