import {
  POSTGRES_TOOLS,
  startDebianPostgres,
  startStandby,
  type DebianPostgres,
} from '../support/database/debian-postgres';
import { query } from '../support/database/test-database';
import { register } from '../support/http/accounts';
import { bearer, send } from '../support/http/http';
import { sample, scrape } from '../support/http/metrics';
import { TcpProxy } from '../support/http/tcp-proxy';
import { describeWith } from '../support/process/debian';
import { eventually } from '../support/process/eventually';
import { startService, type Service } from '../support/process/service';

const BOUND_MS = 2000;
const DATABASE = 'postgres';

/** R18: what a new primary has ended is no longer answered from memory, wherever a replica listens. */
describeWith(POSTGRES_TOOLS)('replicas whose database moves to a promoted standby', () => {
  let primary: DebianPostgres;
  let standby: DebianPostgres;
  /** To the database, and to where the second replica listens. */
  let database: TcpProxy;
  let listening: TcpProxy;
  let replicas: Service[];

  beforeAll(async () => {
    primary = await startDebianPostgres();
    database = await TcpProxy.start(primary.url(DATABASE));
    listening = await TcpProxy.start(primary.url(DATABASE));
    const first = await startService({ databaseUrl: database.url });
    const second = await startService({
      databaseUrl: database.url,
      env: { AUTH_DATABASE_LISTEN_URL: listening.url },
    });
    replicas = [first, second];
    standby = await startStandby(primary);
  }, 120_000);

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')));
    await Promise.all([database.stop(), listening.stop()]);
    await standby.stop();
    await primary.stop();
  });

  async function isValid(replica: Service, token: string): Promise<boolean> {
    const { status, body } = await send(replica, 'POST', '/auth/validate', { body: { token } });
    if (status !== 503) expect(status).toBe(200);
    return body.valid === true;
  }

  async function untilRemembered(replica: Service, token: string): Promise<void> {
    const hits = async () =>
      sample(await scrape(replica), 'auth_validations_total', { result: 'valid', cache: 'hit' });
    await eventually('it is answered from memory', async () => {
      const before = await hits();
      return ((await isValid(replica, token)) && (await hits()) > before) || undefined;
    });
  }

  /** Until the replica refuses the token, in milliseconds. */
  async function lagOf(replica: Service, token: string): Promise<number> {
    const since = performance.now();
    while (await isValid(replica, token)) {
      if (performance.now() - since > 5 * BOUND_MS) throw new Error('it is valid for ever');
    }
    return performance.now() - since;
  }

  it('believe no memory while they listen at the old primary, which still answers, and hear of the new one', async () => {
    const [first, second] = replicas as [Service, Service];
    const accounts = [await register(first), await register(first), await register(first)] as const;
    for (const { token } of accounts) await untilRemembered(second, token);
    await eventually('the standby has all of it', async () => {
      const [row] = await query<{ behind: string }>(
        standby.url(DATABASE),
        `SELECT count(*) AS behind FROM users`,
      );
      return Number(row?.behind) >= accounts.length || undefined;
    });
    await query(standby.url(DATABASE), 'SELECT pg_promote()');

    database.switchTo(standby.url(DATABASE));
    database.cut();
    await query(standby.url(DATABASE), 'DELETE FROM users WHERE id = $1', [accounts[0].id]);
    expect(await lagOf(second, accounts[0].token)).toBeLessThan(BOUND_MS);
    await eventually('the first replica writes to the new primary', async () => {
      const { status } = await send(first, 'POST', '/auth/logout', { headers: bearer(accounts[1].token) });
      return status === 204 || undefined;
    });
    expect(await lagOf(second, accounts[1].token)).toBeLessThan(BOUND_MS);

    listening.switchTo(standby.url(DATABASE));
    listening.cut();
    await untilRemembered(second, accounts[2].token);
    await query(standby.url(DATABASE), 'UPDATE sessions SET ended_at = now() WHERE id = $1', [
      accounts[2].sid,
    ]);
    expect(await lagOf(second, accounts[2].token)).toBeLessThan(BOUND_MS);
  }, 60_000);
});
