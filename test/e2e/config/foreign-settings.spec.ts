import { register } from '../../support/http/accounts';
import { goodRequests } from '../../support/http/every-route';
import { bearer, send } from '../../support/http/http';
import { startService } from '../../support/process/service';
import { createTestDatabase } from '../../support/database/test-database';

/** What an operator may have set for a role or a database, for the sake of other programs. */
const SETTINGS = {
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kolkata',
  bytea_output: 'escape',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  escape_string_warning: 'off',
  extra_float_digits: '-15',
  array_nulls: 'off',
  transform_null_equals: 'on',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  lock_timeout: '1',
  idle_in_transaction_session_timeout: '1',
};

describe('a database with settings of its own', () => {
  it('is migrated, seeded and served as any other: the connection sets what it depends on', async () => {
    const database = await createTestDatabase({ empty: true });
    const name = new URL(database.url).pathname.slice(1);
    const calls = Object.entries(SETTINGS).map(
      ([key, value]) => `ALTER DATABASE ${name} SET ${key} = '${value}'`,
    );
    await database.query(calls.join(';'));
    const service = await startService({ databaseUrl: database.url });
    try {
      const before = Date.now();
      const account = await register(service, { name: 'Zoë Ångström 😀' });
      const headers = bearer(account.token);
      const me = await send<{ name: string; created_at: string }>(service, 'GET', '/auth/me', { headers });
      expect(me.body.name).toBe('Zoë Ångström 😀');
      const sessions = await send<Record<string, string>[]>(service, 'GET', '/auth/sessions', { headers });
      for (const time of [me.body.created_at, ...sessions.body.map((session) => session.created_at)]) {
        expect(Math.abs(Date.parse(time ?? '') - before)).toBeLessThan(60_000);
        expect(time).toMatch(/Z$/);
      }
      for (const { name: request, send: ask } of goodRequests(account)) {
        expect([request, (await ask(service)).status < 300]).toEqual([request, true]);
      }
      expect(service.output()).not.toContain('"level":"error"');
    } finally {
      await service.stop('SIGKILL');
      await database.drop();
    }
  });
});
