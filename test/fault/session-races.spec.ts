import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Client } from 'pg';
import { register, type Account } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { flushedLogs } from '../support/process/flushed-logs';
import { send, type Answer } from '../support/http/http';
import { startService, type Service } from '../support/process/service';
import {
  changedPassword,
  changePassword,
  endReasonOf,
  inLanes,
  isValid,
  login,
  logout,
  passGrace,
  refresh,
  refreshed,
  signIn,
  tokensOf,
  type TokenPair,
} from '../support/tokens/sessions';
import { TcpProxy } from '../support/http/tcp-proxy';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const PARALLEL = 50;
const NEW_PASSWORD = 'another horse, another battery';

/** How often each status was answered. */
function countStatuses(answers: readonly Answer<unknown>[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('sessions over three replicas', () => {
  let database: TestDatabase;
  let replicas: [Service, Service, Service];

  beforeAll(async () => {
    database = await createTestDatabase();
    const start = () => startService({ databaseUrl: database.url });
    replicas = await Promise.all([start(), start(), start()]);
  });

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await database.drop();
  });

  const replica = (number: number) => replicas[number % replicas.length] as Service;
  const manyTimes = <T>(work: (number: number) => Promise<T>) =>
    Promise.all(Array.from({ length: PARALLEL }, (_none, number) => work(number)));

  /** Waits until a statement of a replica waits for a lock. */
  const someoneWaits = (what: string) =>
    eventually(what, async () => {
      const waiting = await database.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'promptstack-auth'
           AND datname = current_database()`,
      );
      return waiting.length > 0 ? true : undefined;
    });

  /** Of these access tokens, those that some replica still takes. */
  async function stillValid(accessTokens: readonly string[]): Promise<string[]> {
    const judged = await Promise.all(
      accessTokens.flatMap((token) =>
        replicas.map(async (service) => ((await isValid(service, token)) ? [token] : [])),
      ),
    );
    return judged.flat();
  }

  /** Expects that nothing of a session works on any replica. */
  async function expectOver(
    tokens: readonly Pick<TokenPair, 'accessToken' | 'refreshToken'>[],
  ): Promise<void> {
    expect(await stillValid(tokens.map(({ accessToken }) => accessToken))).toEqual([]);
    const answers = await Promise.all(
      tokens.map(({ refreshToken }, at) => refresh(replica(at), refreshToken)),
    );
    expect(countStatuses(answers)).toEqual({ 401: tokens.length });
  }

  describe('parallel refreshes', () => {
    it('of one token, 50 at once: all are answered with the same child, and the database knows one child (R24, I3)', async () => {
      for (let round = 0; round < 5; round++) {
        const account = await register(replica(round));
        const pairs = (await manyTimes((number) => refresh(replica(number), account.refreshToken))).map(
          tokensOf,
        );
        expect(new Set(pairs.map(({ refreshToken }) => refreshToken)).size).toBe(1);
        expect(new Set(pairs.map(({ accessToken }) => accessToken)).size).toBe(PARALLEL);
        const hash = (token = '') => createHash('sha256').update(token).digest();
        const rows = await database.query(
          `SELECT s.current_token_hash, s.ended_at, u.hash AS used FROM sessions s
           LEFT JOIN used_refresh_tokens u ON u.session_id = s.id WHERE s.user_id = $1`,
          [account.id],
        );
        expect(rows).toEqual([
          {
            current_token_hash: hash(pairs[0]?.refreshToken),
            ended_at: null,
            used: hash(account.refreshToken),
          },
        ]);
        expect((await refresh(replica(round), pairs[0]?.refreshToken ?? '')).status).toBe(200);
      }
    });

    it('of a parent while its child is refreshed: never a 5xx, never a second child (I3, I5)', async () => {
      for (let round = 0; round < 10; round++) {
        const account = await register(replica(round));
        const child = await refreshed(replica(round), account.refreshToken);
        const [answers, [next]] = await Promise.all([
          manyTimes((number) => refresh(replica(number), account.refreshToken)),
          Promise.all([refresh(replica(round + 1), child.refreshToken)]),
        ]);
        const { 200: replayed = 0, 401: refusedOnes = 0 } = countStatuses(answers);
        expect(replayed + refusedOnes).toBe(PARALLEL);
        const replays = answers.filter(({ status }) => status === 200).map(tokensOf);
        expect(new Set([child.refreshToken, ...replays.map(({ refreshToken }) => refreshToken)]).size).toBe(
          1,
        );
        // Whoever was refused came with what was an ancestor by then, and that ends the session.
        expect(await endReasonOf(database, account.sid)).toBe(refusedOnes > 0 ? 'refresh-token-reuse' : null);
        expect([200, 401]).toContain(next.status);
      }
    });

    it('of a parent whose child is being exchanged: all get the child at once, none waits; after it, it is an ancestor', async () => {
      const account = await register(replica(0));
      const child = await refreshed(replica(0), account.refreshToken);
      const rotation = new Client({ connectionString: database.url });
      await rotation.connect();
      await rotation.query('BEGIN');
      await rotation.query(
        `UPDATE sessions SET previous_token_hash = current_token_hash, current_token_hash = sha256('next'),
           rotated_at = clock_timestamp() WHERE id = $1`,
        [account.sid],
      );
      const pairs = (await manyTimes((number) => refresh(replica(number), account.refreshToken))).map(
        tokensOf,
      );
      expect(new Set(pairs.map(({ refreshToken }) => refreshToken))).toEqual(new Set([child.refreshToken]));
      await rotation.query('COMMIT');
      await rotation.end();
      expect((await refresh(replica(1), account.refreshToken)).status).toBe(401);
      expect(await endReasonOf(database, account.sid)).toBe('refresh-token-reuse');
    });

    it('of an old ancestor, 50 at once: all are refused, and the session is ended once (R23)', async () => {
      const account = await register(replica(0));
      const child = await refreshed(replica(1), account.refreshToken);
      await refreshed(replica(2), child.refreshToken);
      const answers = await manyTimes((number) => refresh(replica(number), account.refreshToken));
      expect(countStatuses(answers)).toEqual({ 401: PARALLEL });
      const logs = (await Promise.all(replicas.map(flushedLogs))).flat();
      const reuses = logs.filter(
        ({ msg, user_id }) => msg === 'auth.refresh.reused' && user_id === account.id,
      );
      expect(reuses).toHaveLength(1);
    });
  });

  it('gives a retry on any replica the very same child (R24)', async () => {
    const account = await register(replica(0));
    const children = [];
    for (const service of [...replicas, ...replicas])
      children.push(await refreshed(service, account.refreshToken));
    expect(new Set(children.map(({ refreshToken }) => refreshToken)).size).toBe(1);
  });

  it('lets no refresh win over a logout: after both, nothing of the session works (I1)', async () => {
    const rounds = 100;
    await inLanes(rounds, 4, async (round) => {
      const account = await register(replica(round));
      const out = () => logout(replica(round + 1), account.token);
      const renew = () => refresh(replica(round + 2), account.refreshToken);
      const [left, renewed] =
        round % 2 === 0
          ? await Promise.all([out(), renew()])
          : await Promise.all([renew(), out()]).then(([a, b]) => [b, a] as const);
      expect(left.status).toBe(204);
      expect([200, 401]).toContain(renewed.status);
      const tokens = [{ accessToken: account.token, refreshToken: account.refreshToken }];
      await expectOver(renewed.status === 200 ? [...tokens, tokensOf(renewed)] : tokens);
    });
  });

  it.each(['the newest token', 'its parent'] as const)(
    'refuses a refresh with %s that waits for a logout which is about to commit (I1)',
    async (which) => {
      const account = await register(replica(0));
      const child = await refreshed(replica(0), account.refreshToken);
      const leaving = new Client({ connectionString: database.url });
      await leaving.connect();
      await leaving.query('BEGIN');
      await leaving.query(`UPDATE sessions SET ended_at = now(), end_reason = 'logout' WHERE id = $1`, [
        account.sid,
      ]);
      const token = which === 'the newest token' ? child.refreshToken : account.refreshToken;
      const renewed = refresh(replica(1), token);
      if (which === 'the newest token') await someoneWaits('the refresh waits for the logout');
      await leaving.query('COMMIT');
      await leaving.end();
      const { status, body } = await renewed;
      // The parent may be answered as of before the logout; what it gets is worth nothing after it.
      if (which === 'the newest token') expect(status).toBe(401);
      if (status === 200) expect(await isValid(replica(2), body.access_token)).toBe(false);
      expect((await refresh(replica(2), child.refreshToken)).status).toBe(401);
      expect(await endReasonOf(database, account.sid)).toBe('logout');
    },
  );

  it('ends a session by its refresh token while a refresh with the same token is about to commit (I1)', async () => {
    const account = await register(replica(0));
    const refreshing = new Client({ connectionString: database.url });
    await refreshing.connect();
    const rotate = (hash: Buffer) =>
      refreshing.query(
        `WITH rotated AS (
           UPDATE sessions SET previous_token_hash = current_token_hash, current_token_hash = $2, rotated_at = now()
           WHERE id = $1 RETURNING id, previous_token_hash
         ) INSERT INTO used_refresh_tokens (hash, session_id) SELECT previous_token_hash, id FROM rotated`,
        [account.sid, hash],
      );
    await refreshing.query('BEGIN');
    await rotate(randomBytes(32));
    await rotate(randomBytes(32));
    const body = { refresh_token: account.refreshToken };
    const left = send(replica(1), 'POST', '/auth/logout', { body });
    await someoneWaits('the logout waits for the refresh');
    await refreshing.query('COMMIT');
    await refreshing.end();
    expect((await left).status).toBe(204);
    expect(await endReasonOf(database, account.sid)).toBe('logout');
    expect(await isValid(replica(2), account.token)).toBe(false);
  });

  it('ends a session once under 50 parallel logouts by either token, each answered 204', async () => {
    const account = await register(replica(0));
    const answers = await manyTimes((number) =>
      number % 2 === 0
        ? logout(replica(number), account.token)
        : send(replica(number), 'POST', '/auth/logout', { body: { refresh_token: account.refreshToken } }),
    );
    expect(countStatuses(answers)).toEqual({ 204: PARALLEL });
    await expectOver([{ accessToken: account.token, refreshToken: account.refreshToken }]);
    const logs = (await Promise.all(replicas.map(flushedLogs))).flat();
    const ends = logs.filter(({ msg, user_id }) => msg === 'auth.sessions.ended' && user_id === account.id);
    expect(ends.map(({ count }) => count)).toEqual([1]);
  });

  it('signs out on A after login on A and refresh on B: the very next validate on B says no, 1,000 times of 1,000 (R18, I1)', async () => {
    const rounds = 1000;
    const people = await Promise.all(Array.from({ length: 4 }, () => register(replica(0))));
    const [a, b] = replicas;
    const counts = { rounds: 0, goodBefore: 0, wrong: 0, refreshedAfter: 0 };
    await inLanes(rounds, people.length, async (round) => {
      const session = await signIn(a, people[round % people.length] as Account);
      const { accessToken, refreshToken } = await refreshed(b, session.refreshToken);
      if (await isValid(b, accessToken)) counts.goodBefore++;
      const { status } = await logout(a, accessToken);
      if (status !== 204 || (await isValid(b, accessToken))) counts.wrong++;
      if ((await refresh(b, refreshToken)).status !== 401) counts.refreshedAfter++;
      counts.rounds++;
    });
    expect(counts).toEqual({ rounds, goodBefore: rounds, wrong: 0, refreshedAfter: 0 });
  }, 240_000);

  describe('a change of password', () => {
    it('against logins with the old one: after the 200 no session lives that the old one opened (R20)', async () => {
      const rounds = 40;
      let opened = 0;
      await inLanes(rounds, 2, async (round) => {
        const account = await register(replica(round));
        const logins = () => Array.from({ length: 6 }, (_none, number) => login(replica(number), account));
        const [before, changed, after] = await Promise.all([
          Promise.all(logins()),
          changedPassword(replica(round + 1), account.token, account.password, NEW_PASSWORD),
          Promise.all(logins()),
        ]);
        const answers = [...before, ...after];
        const { 200: ok = 0, 401: refusedOnes = 0 } = countStatuses(answers);
        expect(ok + refusedOnes).toBe(12);
        opened += ok;
        const tokens = answers.filter(({ status }) => status === 200).map(tokensOf);
        await expectOver([...tokens, { ...account, accessToken: account.token }]);
        expect(await isValid(replica(round), changed.accessToken)).toBe(true);
      });
      expect(opened).toBeGreaterThan(0); // or the race was none
    }, 120_000);

    it('by a session that is ended while the password is looked at: changes nothing and ends nobody (I1)', async () => {
      const account = await register(replica(0));
      const other = await signIn(replica(1), account);
      const holder = new Client({ connectionString: database.url });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [account.id]);
      const change = changePassword(replica(0), account.token, account.password, NEW_PASSWORD);
      await someoneWaits('the change waits for the row of the person');
      expect((await logout(replica(1), account.token)).status).toBe(204);
      await holder.query('COMMIT');
      await holder.end();
      expect((await change).status).toBe(401);
      expect(await isValid(replica(2), other.accessToken)).toBe(true);
      expect((await login(replica(2), account)).status).toBe(200);
    });

    it('against refreshes of another session: after both, nothing of that session works (P18, R20)', async () => {
      await inLanes(40, 2, async (round) => {
        const account = await register(replica(round));
        const other = await signIn(replica(round), account);
        const [changed, ...answers] = await Promise.all([
          changedPassword(replica(round + 1), account.token, account.password, NEW_PASSWORD),
          refresh(replica(round), other.refreshToken),
          refresh(replica(round + 2), other.refreshToken),
        ]);
        const renewed = answers.filter(({ status }) => status === 200).map(tokensOf);
        await expectOver([other, ...renewed]);
        expect((await refresh(replica(round), changed.refreshToken)).status).toBe(200);
      });
    }, 120_000);

    it('against others with the same current one: one of ten wins, and its password is the one that stands', async () => {
      const account = await register(replica(0));
      const passwords = Array.from({ length: 10 }, (_none, number) => `the new password number ${number}`);
      const answers = await Promise.all(
        passwords.map((password, at) =>
          changePassword(replica(at), account.token, account.password, password),
        ),
      );
      expect(countStatuses(answers)).toEqual({ 200: 1, 400: 9 });
      const logins = await Promise.all(
        passwords.map((password) => login(replica(0), { ...account, password })),
      );
      expect(logins.map(({ status }) => status === 200)).toEqual(answers.map(({ status }) => status === 200));
    });
  });

  describe('a client that never gets the answer (P19)', () => {
    /** Sends a refresh and closes the socket without waiting for the answer. */
    async function refreshAndVanish(service: Service, refreshToken: string): Promise<void> {
      const body = JSON.stringify({ refresh_token: refreshToken });
      const socket = connect(service.port, '127.0.0.1');
      await once(socket, 'connect');
      const head = `POST /auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
      await new Promise((sent) => socket.write(`${head}\r\n\r\n${body}`, sent));
      socket.destroy();
      await once(socket, 'close');
    }

    it('retries after the lost refresh was done, gets its child, and stays signed in', async () => {
      const account = await register(replica(0));
      await refreshAndVanish(replica(0), account.refreshToken);
      const current = await eventually('the lost refresh is done', async () => {
        const [row] = await database.query<{ current_token_hash: Buffer }>(
          'SELECT current_token_hash FROM sessions WHERE id = $1 AND rotated_at IS NOT NULL',
          [account.sid],
        );
        return row?.current_token_hash;
      });
      const retry = await refreshed(replica(1), account.refreshToken);
      expect(createHash('sha256').update(retry.refreshToken).digest()).toEqual(current);
      expect(await isValid(replica(2), retry.accessToken)).toBe(true);
      expect((await refresh(replica(2), retry.refreshToken)).status).toBe(200);
    });

    it('retries at once, before the lost refresh is done or after: 30 times of 30 with one child', async () => {
      await inLanes(30, 4, async (round) => {
        const account = await register(replica(round));
        await refreshAndVanish(replica(round), account.refreshToken);
        const retries = [
          await refreshed(replica(round + 1), account.refreshToken),
          await refreshed(replica(round), account.refreshToken),
        ];
        expect(retries[0]?.refreshToken).toBe(retries[1]?.refreshToken);
        expect(
          await stillValid([account.token, ...retries.map(({ accessToken }) => accessToken)]),
        ).toHaveLength(9);
        expect(await endReasonOf(database, account.sid)).toBeNull();
      });
    });

    it('retries after the grace: the session is over, and the audit knows (R23)', async () => {
      const account = await register(replica(0));
      await refreshAndVanish(replica(0), account.refreshToken);
      await eventually('the lost refresh is done', async () => {
        const rotated = await database.query(
          'SELECT FROM sessions WHERE id = $1 AND rotated_at IS NOT NULL',
          [account.sid],
        );
        return rotated.length > 0 ? true : undefined;
      });
      await passGrace(database, account.sid);
      expect((await refresh(replica(1), account.refreshToken)).status).toBe(401);
      expect(await stillValid([account.token])).toEqual([]);
      const reuses = (await flushedLogs(replica(1))).filter(({ msg }) => msg === 'auth.refresh.reused');
      expect(reuses).toContainEqual(expect.objectContaining({ session_id: account.sid }));
    });
  });

  it('ends the session for thief and owner when the thief comes with an old token (R23)', async () => {
    const owner = await register(replica(0));
    const stolen = owner.refreshToken;
    const second = await refreshed(replica(0), owner.refreshToken);
    const third = await refreshed(replica(1), second.refreshToken);
    expect((await refresh(replica(2), stolen)).status).toBe(401);
    await expectOver([{ accessToken: owner.token, refreshToken: stolen }, second, third]);
  });

  it('ends the session for the thief too when the owner comes after a thief who was faster (R23)', async () => {
    const owner = await register(replica(0));
    const thief = await refreshed(replica(2), owner.refreshToken);
    await passGrace(database, owner.sid);
    expect((await refresh(replica(0), owner.refreshToken)).status).toBe(401);
    await expectOver([thief]);
  });

  describe('while a higher hash cost is being introduced', () => {
    let stronger: Service;

    beforeAll(async () => {
      stronger = await startService({ databaseUrl: database.url, env: { AUTH_PASSWORD_HASH_COST: '5' } });
    });

    afterAll(() => stronger.stop());

    it('lets every one of 20 logins of one person in, although the first of them replaces the hash (R38)', async () => {
      for (let round = 0; round < 3; round++) {
        const account = await register(replica(0));
        const answers = await Promise.all(Array.from({ length: 20 }, () => login(stronger, account)));
        expect(countStatuses(answers)).toEqual({ 200: 20 });
        const [row] = await database.query('SELECT password_hash FROM users WHERE id = $1', [account.id]);
        expect(row).toEqual({ password_hash: expect.stringMatching(/^\$2b\$05\$/) });
      }
    });

    it('lets a login in whose stronger hash cannot be stored, and says so (R38)', async () => {
      const account = await register(replica(0));
      await database.query(`
        CREATE FUNCTION refuse_hash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OF password_hash ON users FOR EACH ROW EXECUTE FUNCTION refuse_hash()`);
      try {
        expect((await login(stronger, account)).status).toBe(200);
      } finally {
        await database.query('DROP TRIGGER refuse ON users; DROP FUNCTION refuse_hash()');
      }
      const [row] = await database.query('SELECT password_hash FROM users WHERE id = $1', [account.id]);
      expect(row).toEqual({ password_hash: expect.stringMatching(/^\$2b\$04\$/) });
      expect(await flushedLogs(stronger)).toContainEqual(
        expect.objectContaining({ level: 'warn', user_id: account.id, msg: expect.stringContaining('hash') }),
      );
    });

    it('takes the right current password for a change, although a login replaces the hash meanwhile (R43)', async () => {
      for (let round = 0; round < 10; round++) {
        const account = await register(replica(0));
        const [changed] = await Promise.all([
          changePassword(stronger, account.token, account.password, NEW_PASSWORD),
          login(stronger, account),
          login(stronger, account),
        ]);
        expect(changed.status).toBe(200);
        expect((await login(stronger, { ...account, password: NEW_PASSWORD })).status).toBe(200);
      }
    });
  });
});

describe('sessions with the database some way off', () => {
  it('one token, 50 at once over three replicas, 20 ms from the database: all are answered with the same child (R24)', async () => {
    const database = await createTestDatabase();
    const proxy = await TcpProxy.start(database.url);
    const start = () => startService({ databaseUrl: proxy.url });
    const replicas = await Promise.all([start(), start(), start()]);
    proxy.delayMs = 10;
    try {
      for (let round = 0; round < 3; round++) {
        const account = await register(replicas[0]);
        const uses = Array.from({ length: PARALLEL }, (_none, number) =>
          refresh(replicas[number % replicas.length] as Service, account.refreshToken),
        );
        const pairs = (await Promise.all(uses)).map(tokensOf);
        expect(new Set(pairs.map(({ refreshToken }) => refreshToken)).size).toBe(1);
      }
    } finally {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await proxy.stop();
      await database.drop();
    }
  });
});

describe('sessions across restarts', () => {
  let database: TestDatabase;
  let service: Service;

  const start = (env: Record<string, string> = {}) =>
    startService({ databaseUrl: database.url, env: { AUTH_REFRESH_TOKEN_GRACE_SECONDS: '300', ...env } });

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await start();
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  it('go on: the tokens of before serve, and a retry within the grace gets the very same child (R24, I2)', async () => {
    const account = await register(service);
    const child = await refreshed(service, account.refreshToken);
    expect(await service.stop()).toBe(0);
    service = await start();
    expect(await isValid(service, child.accessToken)).toBe(true);
    expect((await refreshed(service, account.refreshToken)).refreshToken).toBe(child.refreshToken);
  });

  it('stay ended: a logout of before the crash holds after it (I1, I2)', async () => {
    const account = await register(service);
    expect((await logout(service, account.token)).status).toBe(204);
    await service.stop('SIGKILL');
    service = await start();
    expect(await isValid(service, account.token)).toBe(false);
    expect((await refresh(service, account.refreshToken)).status).toBe(401);
  });

  it('still tell a reuse, after the grace and of older ancestors (R23)', async () => {
    const [late, old] = [await register(service), await register(service)];
    const lateChild = await refreshed(service, late.refreshToken);
    const oldChild = await refreshed(service, old.refreshToken);
    const grandchild = await refreshed(service, oldChild.refreshToken);
    await service.stop();
    service = await start({ AUTH_REFRESH_TOKEN_GRACE_SECONDS: '10' });
    await passGrace(database, late.sid);
    for (const [account, newest] of [
      [late, lateChild],
      [old, grandchild],
    ] as const) {
      expect((await refresh(service, account.refreshToken)).status).toBe(401);
      expect(await endReasonOf(database, account.sid)).toBe('refresh-token-reuse');
      expect(await isValid(service, newest.accessToken)).toBe(false);
      expect((await refresh(service, newest.refreshToken)).status).toBe(401);
    }
  });
});
