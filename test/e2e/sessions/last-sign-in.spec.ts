import { register, type Account } from '../../support/http/accounts';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';
import { expectNoServerErrors } from '../../support/http/problem';
import { startService, type Service } from '../../support/process/service';
import { login, refreshed, signIn } from '../../support/tokens/sessions';

describe('the last sign-in of a user', () => {
  let database: TestDatabase;
  let service: Service;
  let account: Account;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    account = await register(service);
  });

  afterAll(async () => {
    await service?.stop();
    await database?.drop();
    expectNoServerErrors(service);
  });

  /** Exact to the microsecond, with the version of the row that administrators see. */
  async function state() {
    const [row] = await database.query<{ at: string; updated: string; opened: boolean }>(
      `SELECT last_sign_in_at::text AS at, updated_at::text AS updated,
         last_sign_in_at BETWEEN created_at AND (SELECT max(created_at) FROM sessions WHERE user_id = users.id) AS opened
       FROM users WHERE id = $1`,
      [account.id],
    );
    return row;
  }

  it('is the opening of the newest session: it moves with a sign-in, and not with a refresh', async () => {
    const registered = await state();
    expect(registered?.opened).toBe(true);
    const { refreshToken } = await signIn(service, account);
    const signedIn = await state();
    expect(signedIn).toMatchObject({ updated: registered?.updated, opened: true });
    expect(signedIn?.at).not.toBe(registered?.at);
    await refreshed(service, refreshToken);
    expect((await login(service, { ...account, password: 'wrong password' })).status).toBe(401);
    expect(await state()).toEqual(signedIn);
  });

  it('lets 20 sign-ins of one user at once all in', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(service, account)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const [locks] = await database.query<{ deadlocks: number }>(
      `SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
    );
    expect(locks).toEqual({ deadlocks: 0 });
  });
});
