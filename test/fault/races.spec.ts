import { Client } from 'pg';
import { register } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { newPerson } from '../support/http/every-route';
import { bearer, send } from '../support/http/http';
import { startService, type Service } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

describe('races', () => {
  let database: TestDatabase;
  let services: Service[];

  beforeAll(async () => {
    database = await createTestDatabase();
    services = await Promise.all([1, 2].map(() => startService({ databaseUrl: database.url })));
  });

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop('SIGKILL')));
    await database.drop();
  });

  const service = (n = 0) => services[n % services.length] as Service;

  /** Runs a statement that is not committed until `commit` is called. */
  async function uncommitted(sql: string, values: unknown[] = []): Promise<{ commit: () => Promise<void> }> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('BEGIN');
    await client.query(sql, values);
    return {
      commit: async () => {
        await eventually('somebody waits for it', async () => {
          const waiting = await database.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          return waiting.length > 0 || undefined;
        });
        await client.query('COMMIT');
        await client.end();
      },
    };
  }

  it('50 registrations of one address in mixed case, on two services: one 201, the rest 409, one row (R44, I4)', async () => {
    const email = 'Race.Winner@Example.COM';
    const spellings = [
      email,
      email.toLowerCase(),
      email.toUpperCase(),
      ` ${email} `,
      'race.WINNER@example.com',
    ];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        send(service(n), 'POST', '/auth/register', {
          body: {
            email: spellings[n % spellings.length],
            password: `password of number ${n}`,
            name: `Number ${n}`,
          },
        }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
    const rows = await database.query<{ name: string }>(
      `SELECT name FROM users WHERE lower(email) = lower($1)`,
      [email],
    );
    expect(rows).toHaveLength(1);

    // The one that was told 201 is the one whose password it is.
    const winner = answers.findIndex(({ status }) => status === 201);
    expect(rows[0]).toEqual({ name: `Number ${winner}` });
    for (const n of [winner, (winner + 1) % 50]) {
      const login = await send(service(n), 'POST', '/auth/login', {
        body: { email, password: `password of number ${n}` },
      });
      expect(login.status).toBe(n === winner ? 200 : 401);
    }
  });

  it('a registration while somebody else commits the same address: 409', async () => {
    const person = newPerson();
    const insert = await uncommitted(`INSERT INTO users (email, name) VALUES ($1, 'First')`, [person.email]);
    const answer = send(service(), 'POST', '/auth/register', { body: person });
    await insert.commit();
    expect(await answer).toMatchObject({ status: 409, body: { code: 'email-already-registered' } });
  });

  it.each([
    [
      'team',
      `UPDATE teams SET is_default = false WHERE is_default; DELETE FROM teams WHERE name = 'General'`,
    ],
    [
      'domain',
      `UPDATE domains SET is_default = false WHERE is_default; DELETE FROM domains WHERE key = 'engineering'`,
    ],
  ])('a registration while an operator removes the default %s: 201, without it', async (_what, sql) => {
    const remove = await uncommitted(sql);
    const answer = send(service(), 'POST', '/auth/register', { body: newPerson() });
    await remove.commit();
    expect((await answer).status).toBe(201);
  });

  it('a change of the profile while the person is removed: 401', async () => {
    const account = await register(service());
    const remove = await uncommitted('DELETE FROM users WHERE id = $1', [account.id]);
    const answer = send(service(), 'PATCH', '/users/me', {
      headers: bearer(account.token),
      body: { name: 'Late' },
    });
    await remove.commit();
    expect(await answer).toMatchObject({ status: 401, body: { code: 'invalid-token' } });
  });

  it('a login while the person is removed: 401', async () => {
    const { email, password, id } = await register(service());
    const remove = await uncommitted('DELETE FROM users WHERE id = $1', [id]);
    const answer = send(service(), 'POST', '/auth/login', { body: { email, password } });
    await remove.commit();
    expect(await answer).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } });
  });

  it('a refresh while the person is removed: 401', async () => {
    const account = await register(service());
    const remove = await uncommitted('DELETE FROM users WHERE id = $1', [account.id]);
    const answer = send(service(), 'POST', '/auth/refresh', {
      body: { refresh_token: account.refreshToken },
    });
    await remove.commit();
    expect(await answer).toMatchObject({ status: 401, body: { code: 'invalid-token' } });
  });
});
