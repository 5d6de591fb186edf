import { register } from '../../support/http/accounts';
import { eventually } from '../../support/process/eventually';
import { bearer, send } from '../../support/http/http';
import { RawConnection } from '../../support/http/raw-connection';
import { ended } from '../../support/process/ended';
import { spawnService } from '../../support/process/service';
import { useService } from '../../support/process/use-service';

describe('R87', () => {
  const service = useService({ env: { AUTH_MAX_CONNECTIONS: '10' } });
  const { database } = service;

  it('bounds connections: those beyond are closed at once, those that are open go on, and room that is made is used', async () => {
    const request = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';
    const open: RawConnection[] = [];
    try {
      await eventually('one connection is beyond the bound', async () => {
        const connection = await RawConnection.open(service.port);
        open.push(connection);
        connection.write(request);
        await eventually(
          'it is answered or closed',
          () => connection.closed || connection.received !== '' || undefined,
        );
        return connection.closed || undefined;
      });
      const living = open.filter(({ closed }) => !closed);
      expect(living.length).toBeGreaterThan(0);
      expect(living.length).toBeLessThanOrEqual(10);
      const [first] = living as [RawConnection];
      first.received = '';
      first.write(request);
      await first.until(/200 OK/);
      await eventually(
        'the log tells of it',
        () => service.logs().some(({ msg }) => msg === 'connections dropped') || undefined,
      );
    } finally {
      for (const connection of open) connection.destroy();
    }
    const isServed = () =>
      send(service, 'GET', '/health/live').then(({ status }) => status === 200 || undefined);
    await eventually('there is room again', () => isServed().catch(() => undefined));
  });

  it.each([
    ['a control character of Latin-1', 'Ada\u0085Lovelace'],
    ['a right-to-left override', 'Ada \u202egpj.exe'],
    ['an isolate', '\u2066Ada'],
    ['an Arabic letter mark', 'Ada\u061c'],
  ])('refuses a name with %s: 400 that says what is allowed', async (_what, name) => {
    const { status, body } = await send(service, 'POST', '/auth/register', {
      body: { email: 'ada@example.com', password: 'correct horse battery', name },
    });
    expect([status, body.detail]).toEqual([
      400,
      'name must be a text of 1 to 200 characters without control characters',
    ]);
  });

  it('takes names in scripts that run from right to left', async () => {
    const { token } = await register(service, { name: 'עדה לאבלייס' });
    expect((await send(service, 'GET', '/auth/me', { headers: bearer(token) })).body.name).toBe(
      'עדה לאבלייס',
    );
  });

  it('stores no control characters of a user agent', async () => {
    const person = { email: 'agent@example.com', password: 'correct horse battery', name: 'Agent' };
    const headers = { 'User-Agent': 'agent\u0085\u009b31m red' };
    const { body } = await send(service, 'POST', '/auth/register', { body: person, headers });
    const sessions = await send<{ user_agent: string }[]>(service, 'GET', '/auth/sessions', {
      headers: bearer(String(body.access_token)),
    });
    expect(sessions.body.map(({ user_agent }) => user_agent)).toEqual(['agent31m red']);
  });

  it.each(['AUTH_PUBLIC_URL', 'AUTH_OIDC_ISSUER', 'AUTH_OIDC_JWKS_URL'])(
    'refuses credentials in %s at start, without telling them',
    async (name) => {
      const starting = spawnService({
        DATABASE_URL: database.url,
        AUTH_OIDC_AUDIENCE: 'a',
        AUTH_OIDC_ISSUER: 'https://idp.example.com',
        [name]: 'https://someone:canary-secret@idp.example.com/',
      });
      expect(await ended(starting.process)).toBe(1);
      expect(starting.output()).toContain(`${name} must not hold credentials`);
      expect(starting.output()).not.toContain('canary-secret');
    },
  );
});
