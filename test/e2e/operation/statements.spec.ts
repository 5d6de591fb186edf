import { register } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { sample, scrape } from '../../support/http/metrics';
import { useService } from '../../support/process/use-service';
import { refresh, refreshed, signIn } from '../../support/tokens/sessions';

const ROUNDS = 20;

/** What sign-ins cost the database, counted by its statements. */
describe('the statements of', () => {
  const service = useService({ mayAnswer5xx: true });
  const { database } = service;

  /** Per round; the service's jobs add a little. */
  async function statementsOf(act: () => Promise<unknown>): Promise<number> {
    const count = async () =>
      sample(await scrape(service), 'auth_database_statement_duration_seconds_count') ?? 0;
    await act(); // connections are opened by statements, too
    const before = await count();
    for (let round = 0; round < ROUNDS; round++) await act();
    return ((await count()) - before) / ROUNDS;
  }

  it('a sign-in are four: the user, the guess counted before the hash, the session with its event, the guess settled', async () => {
    const { email, password } = await register(service);
    const login = () => send(service, 'POST', '/auth/login', { body: { email, password } });
    expect(Math.floor(await statementsOf(login))).toBe(4);
  });

  it('R24 R61 an exchange of a refresh token are two: rotation with its event, and the user', async () => {
    let { refreshToken } = await register(service);
    const exchange = async () => void ({ refreshToken } = await refreshed(service, refreshToken));
    expect(Math.floor(await statementsOf(exchange))).toBe(2);
  });

  it('R24 R61 an exchange do not consume the token when its event cannot be written', async () => {
    const account = await register(service);
    const { refreshToken } = await refreshed(service, account.refreshToken);
    await database.query('ALTER TABLE audit_heads RENAME TO audit_away');
    try {
      expect((await refresh(service, refreshToken)).status).toBe(503);
      expect((await signInStatus(account)).status).toBe(503);
    } finally {
      await database.query('ALTER TABLE audit_away RENAME TO audit_heads');
    }
    expect((await refresh(service, refreshToken)).status).toBe(200);
    const [sessions] = await database.query<{ count: number }>(
      'SELECT count(*)::int FROM sessions WHERE user_id = $1',
      [account.id],
    );
    expect(sessions?.count).toBe(1);
    await signIn(service, account);
  });

  const signInStatus = ({ email, password }: { email: string; password: string }) =>
    send(service, 'POST', '/auth/login', { body: { email, password } });
});
