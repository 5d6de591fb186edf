import { setTimeout as sleep } from 'node:timers/promises';
import { register, type Account } from '../support/http/accounts';
import { bearer, send } from '../support/http/http';
import { OwnPostgres } from '../support/database/own-postgres';
import { eventually } from '../support/process/eventually';
import { startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { query } from '../support/database/test-database';
import { signIn } from '../support/tokens/sessions';

const BOUND_MS = 2000;
const REPLICAS = 3;

/** R18: no replica answers from memory what has ended longer ago than the bound, whatever happens to what it listens by. */
describe('three replicas that answer from memory', () => {
  let server: OwnPostgres;
  /** The ways on which the replicas listen: that of each can break by itself. */
  let ways: TcpProxy[];
  let replicas: Service[];

  beforeAll(async () => {
    server = await OwnPostgres.start();
    ways = [];
    replicas = [];
    for (let n = 0; n < REPLICAS; n++) {
      const way = await TcpProxy.start(server.url);
      ways.push(way);
      replicas.push(
        await startService({ databaseUrl: server.url, env: { AUTH_DATABASE_LISTEN_URL: way.url } }),
      );
    }
  }, 120_000);

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')));
    await Promise.all(ways.map((way) => way.stop()));
    await server.remove();
  });

  const [first, second] = [() => replicas[0]!, () => replicas[1]!];
  const isValid = async (replica: Service, token: string) => {
    const { status, body } = await send(replica, 'POST', '/auth/validate', { body: { token } });
    expect(status).toBe(200);
    return body.valid === true;
  };

  /** How many answers of a replica came from memory. */
  async function hits(replica: Service): Promise<number> {
    const { text } = await send(replica, 'GET', '/metrics');
    return Number(/auth_validations_total\{result="valid",cache="hit"\} (\d+)/.exec(text)?.[1] ?? 0);
  }

  /** Answers once the replica answers this token from memory. */
  const untilRemembered = (replica: Service, token: string) =>
    eventually('it is answered from memory', async () => {
      const before = await hits(replica);
      expect(await isValid(replica, token)).toBe(true);
      return (await hits(replica)) > before || undefined;
    });

  /** Ends something, and measures until the replica says no, from the moment at which its end was acknowledged. */
  async function lagOf(replica: Service, token: string, end: () => Promise<unknown>): Promise<number> {
    await end();
    const since = performance.now();
    while (await isValid(replica, token)) {
      if (performance.now() - since > 10_000) throw new Error('it is valid for ever');
    }
    return performance.now() - since;
  }

  const logout = (token: string) => send(first(), 'POST', '/auth/logout', { headers: bearer(token) });

  it('say no on B as soon as A has acknowledged a sign-out, again and again', async () => {
    const account = await register(first());
    const lags: number[] = [];
    for (let round = 0; round < 15; round++) {
      const { accessToken } = await signIn(first(), account);
      await untilRemembered(second(), accessToken);
      lags.push(await lagOf(second(), accessToken, () => logout(accessToken)));
    }
    expect(Math.max(...lags)).toBeLessThan(BOUND_MS);
  });

  it.each<[string, (account: Account) => [string, unknown[]]]>([
    ['a deactivated user', ({ id }) => ['UPDATE users SET is_active = false WHERE id = $1', [id]]],
    ['a deleted user', ({ id }) => ['DELETE FROM users WHERE id = $1', [id]]],
    ['an ended session', ({ sid }) => ['UPDATE sessions SET ended_at = now() WHERE id = $1', [sid]]],
    [
      'a session whose time is cut',
      ({ sid }) => ['UPDATE sessions SET expires_at = now() WHERE id = $1', [sid]],
    ],
    ['another address', ({ id }) => [`UPDATE users SET email = 'x' || email WHERE id = $1`, [id]]],
    ['other tokens', ({ sid }) => ['UPDATE sessions SET token_version = 5 WHERE id = $1', [sid]]],
    [
      'tokens of before',
      ({ id }) => ['UPDATE users SET tokens_not_before = clock_timestamp() WHERE id = $1', [id]],
    ],
  ])('hear of what an operator does in psql: %s', async (_what, make) => {
    const account = await register(first());
    for (const replica of replicas) await untilRemembered(replica, account.token);
    await query(server.url, ...make(account));
    const since = performance.now();
    await Promise.all(
      replicas.map(async (replica) => {
        while (await isValid(replica, account.token))
          expect(performance.now() - since).toBeLessThan(BOUND_MS);
      }),
    );
  });

  it('answer with the name and the teams of now', async () => {
    const account = await register(first());
    await untilRemembered(second(), account.token);
    const told = async () =>
      (await send(second(), 'POST', '/auth/validate', { body: { token: account.token } })).text;
    await send(first(), 'PATCH', '/users/me', {
      headers: bearer(account.token),
      body: { name: 'Grace Hopper' },
    });
    await eventually(
      'the name is heard of',
      async () => (await told()).includes('Grace Hopper') || undefined,
    );
    await untilRemembered(second(), account.token);
    await query(server.url, `UPDATE teams SET name = 'Everybody' WHERE name = 'General'`);
    await eventually('the team is heard of', async () => (await told()).includes('Everybody') || undefined);
  });

  it.each<[string, (way: TcpProxy) => void, (way: TcpProxy) => void]>([
    ['is cut', (way) => way.cut(), () => undefined],
    ['is a black hole', (way) => way.strand(), () => undefined],
    ['is frozen', (way) => way.freeze(), (way) => way.thaw()],
  ])('are right within the bound when the listening connection %s', async (_what, hurt, heal) => {
    const account = await register(first());
    const way = ways[1]!;
    for (let round = 0; round < 2; round++) {
      const { accessToken } = await signIn(first(), account);
      await untilRemembered(second(), accessToken);
      hurt(way);
      const lag = await lagOf(second(), accessToken, () => logout(accessToken));
      heal(way);
      expect(lag).toBeLessThan(BOUND_MS);
      const next = await signIn(first(), account);
      await untilRemembered(second(), next.accessToken);
    }
  });

  it('believe no memory while they listen at a server that is not written to', async () => {
    const old = await OwnPostgres.start();
    const way = await TcpProxy.start(server.url);
    const replica = await startService({
      databaseUrl: way.url,
      env: { AUTH_DATABASE_LISTEN_URL: ways[2]!.url },
    });
    try {
      const account = await register(replica);
      await untilRemembered(replica, account.token);
      // The listening connection stays at a server that still answers; everything else goes to another one.
      ways[2]!.switchTo(old.url);
      ways[2]!.cut();
      const since = performance.now();
      await query(server.url, 'DELETE FROM users WHERE id = $1', [account.id]);
      while (await isValid(replica, account.token)) expect(performance.now() - since).toBeLessThan(BOUND_MS);
      const { token } = await register(replica);
      for (let n = 0; n < 20; n++) {
        expect(await isValid(replica, token)).toBe(true);
        await sleep(20);
      }
      const before = await hits(replica);
      await isValid(replica, token);
      expect(await hits(replica)).toBe(before);
    } finally {
      ways[2]!.switchTo(server.url);
      ways[2]!.cut();
      await replica.stop('SIGKILL');
      await way.stop();
      await old.remove();
    }
  }, 60_000);
});
