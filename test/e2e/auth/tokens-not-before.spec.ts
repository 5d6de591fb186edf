import { Client } from 'pg';
import { register, type Account } from '../../support/http/accounts';
import { eventually } from '../../support/process/eventually';
import { bearer, send } from '../../support/http/http';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import type { Service } from '../../support/process/service';
import {
  endReasonOf,
  isValid,
  login,
  refresh,
  refreshed,
  signIn,
  tokensOf,
} from '../../support/tokens/sessions';
import type { TestDatabase } from '../../support/database/test-database';
import { useService } from '../../support/process/use-service';

const OFF = 'UPDATE users SET is_active = false WHERE id = $1';
const ON = 'UPDATE users SET is_active = true WHERE id = $1';
const seconds = () => Math.floor(Date.now() / 1000);

describe('what was issued before users.tokens_not_before, at two replicas on one database', () => {
  const provider = ProviderStub.use();
  const options = { provider };
  const first = useService(options);
  const { database } = first;
  const replicas = [first, useService({ ...options, database })] as const;

  const sql = (text: string, ...values: unknown[]) => database.query<Record<string, unknown>>(text, values);

  async function expectRefusedEverywhere(token: string): Promise<void> {
    for (const replica of replicas) await expectRefused(replica, token);
  }

  const aStatementWaits = (what: string) =>
    eventually(what, async () => {
      const waiting = await sql(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return waiting.length > 0 || undefined;
    });

  async function expectSessionOver({ token, refreshToken }: Pick<Account, 'token' | 'refreshToken'>) {
    await expectRefusedEverywhere(token);
    for (const replica of replicas) expect((await refresh(replica, refreshToken)).status).toBe(401);
  }

  describe('a user who was switched off and on again by plain SQL (R75)', () => {
    it.each([
      ['in two statements', async (id: string) => [await sql(OFF, id), await sql(ON, id)]],
      [
        'in one transaction',
        (id: string) =>
          inTransaction(
            database,
            'READ COMMITTED',
            [OFF, ON].map((text) => [text, [id]]),
          ),
      ],
    ])('%s: the sessions of before are over on every replica, and stay so', async (_how, offAndOn) => {
      const account = await register(replicas[0]);
      const other = await signIn(replicas[1], account);
      await offAndOn(account.id);
      await expectSessionOver(account);
      await expectSessionOver({ token: other.accessToken, refreshToken: other.refreshToken });
      expect(await endReasonOf(database, account.sid)).toBe('user-deactivated');
    });

    it('can sign in again in the same second, and that session works on every replica', async () => {
      const account = await register(replicas[0]);
      await sql(OFF, account.id);
      await sql(ON, account.id);
      const { accessToken, refreshToken } = await signIn(replicas[1], account);
      for (const replica of replicas) await expectAccepted(replica, accessToken, account);
      const listed = await send<unknown[]>(replicas[0], 'GET', '/auth/sessions', {
        headers: bearer(accessToken),
      });
      expect(listed.body).toHaveLength(1);
      expect((await refresh(replicas[0], refreshToken)).status).toBe(200);
    });

    it("is refused with a provider's token of before, seen here or not, and nothing of it is followed", async () => {
      const claims = person();
      const seen = provider.mint(claims);
      const unseen = provider.mint({ ...claims, name: 'Somebody Else' });
      const { id } = await expectAccepted(replicas[0], seen);
      await sql(OFF, id);
      await sql(ON, id);
      await expectRefusedEverywhere(seen);
      await expectRefusedEverywhere(unseen);
      expect(await sql('SELECT id, name FROM users WHERE email = $1', claims.email)).toEqual([
        { id, name: 'Ada Lovelace' },
      ]);
      const afterwards = provider.mint({ ...claims, iat: seconds() + 1 });
      for (const replica of replicas) await expectAccepted(replica, afterwards, { id });
    });

    it("is refused with a provider's token that was issued while they were off", async () => {
      const claims = person();
      const { id } = await expectAccepted(replicas[0], provider.mint(claims));
      await sql(OFF, id);
      const between = provider.mint(claims);
      await sql(ON, id);
      await expectRefusedEverywhere(between);
    });

    it("is not linked to a provider's identity by a token of before", async () => {
      const account = await register(replicas[0]);
      const claims = { ...person(), email: account.email };
      const before = provider.mint(claims);
      await sql(OFF, account.id);
      await sql(ON, account.id);
      await expectRefusedEverywhere(before);
      expect(await sql('SELECT FROM user_identities WHERE user_id = $1', account.id)).toEqual([]);
      expect((await login(replicas[0], account)).status).toBe(200);
      await expectAccepted(replicas[1], provider.mint({ ...claims, iat: seconds() + 1 }), { id: account.id });
    });

    it('is refused with a token of before of a provider whose clock is ahead, and let in with a newer one', async () => {
      const claims = person();
      const ahead = seconds() + 15;
      const { id } = await expectAccepted(replicas[0], provider.mint({ ...claims, iat: ahead - 1 }));
      const token = provider.mint({ ...claims, iat: ahead });
      await expectAccepted(replicas[1], token, { id });
      await sql(OFF, id);
      await sql(ON, id);
      await expectRefusedEverywhere(token);
      await expectAccepted(replicas[0], provider.mint({ ...claims, iat: ahead + 1 }), { id });
    });
  });

  describe('moved by plain SQL (R76)', () => {
    const MOVE = 'UPDATE users SET tokens_not_before = $2 WHERE id = $1';

    it('to now, ends sessions and tokens of providers', async () => {
      const claims = person();
      const account = await register(replicas[0], { email: claims.email });
      await sql('UPDATE users SET email_verified_at = now() WHERE id = $1', account.id);
      const token = provider.mint(claims);
      await expectAccepted(replicas[1], token, { id: account.id });
      await sql('UPDATE users SET tokens_not_before = now() WHERE id = $1', account.id);
      await expectSessionOver(account);
      await expectRefusedEverywhere(token);
      expect(await endReasonOf(database, account.sid)).toBe('tokens-not-before');
      const { accessToken } = await signIn(replicas[0], account);
      expect(await isValid(replicas[1], accessToken)).toBe(true);
    });

    it('to a time between two sign-ins, ends the first of them alone, also if it was refreshed since', async () => {
      const account = await register(replicas[0]);
      await sql(`UPDATE sessions SET created_at = created_at - interval '1 hour' WHERE id = $1`, account.sid);
      const child = await refreshed(replicas[0], account.refreshToken);
      const later = await signIn(replicas[0], account);
      await sql(MOVE, account.id, new Date(Date.now() - 60_000));
      await expectSessionOver({ token: child.accessToken, refreshToken: child.refreshToken });
      await expectAccepted(replicas[1], later.accessToken, account);
    });

    it('never goes back, and never into the future: whoever signs in afterwards is in', async () => {
      const account = await register(replicas[0]);
      await sql(MOVE, account.id, '2999-01-01T00:00:00Z');
      for (const time of ['2001-01-01T00:00:00Z', null, '-infinity']) await sql(MOVE, account.id, time);
      await expectSessionOver(account);
      const [row] = await sql(
        `SELECT tokens_not_before BETWEEN now() - interval '1 minute' AND now() AS recent FROM users WHERE id = $1`,
        account.id,
      );
      expect(row).toEqual({ recent: true });
      await expectAccepted(replicas[1], (await signIn(replicas[0], account)).accessToken, account);
    });

    it('is nothing that other changes of a user touch', async () => {
      const account = await register(replicas[0]);
      await sql(
        `UPDATE users SET name = 'Ada', is_active = true, email_verified_at = now() WHERE id = $1`,
        account.id,
      );
      await expectAccepted(replicas[1], account.token, account);
    });
  });

  describe('moved by DELETE /auth/sessions?include_current=true (R76)', () => {
    const endAll = (replica: Service, token: string) =>
      send(replica, 'DELETE', '/auth/sessions?include_current=true', { headers: bearer(token) });

    it('ends all sessions on every replica; a sign-in in the same second is a new one', async () => {
      const account = await register(replicas[0]);
      const other = await signIn(replicas[1], account);
      expect((await endAll(replicas[0], account.token)).status).toBe(204);
      await expectSessionOver(account);
      await expectSessionOver({ token: other.accessToken, refreshToken: other.refreshToken });
      expect(await endReasonOf(database, other.sid)).toBe('ended-by-user');
      const { accessToken, refreshToken } = await signIn(replicas[1], account);
      for (const replica of replicas) await expectAccepted(replica, accessToken, account);
      expect((await refresh(replicas[0], refreshToken)).status).toBe(200);
    });

    it('ends all tokens of providers that were issued before, seen here or not; one issued right after the answer is good', async () => {
      const claims = person();
      let last = '';
      for (let round = 0; round < 4; round++) {
        const [token, seen, unseen] = [1, 2, 3].map((jti) => provider.mint({ ...claims, jti })) as [
          string,
          string,
          string,
        ];
        const { id } = await expectAccepted(replicas[0], token);
        await expectAccepted(replicas[1], seen, { id });
        expect((await endAll(replicas[round % 2] as Service, token)).status).toBe(204);
        const after = provider.mint(claims);
        for (const replica of replicas) await expectAccepted(replica, after, { id });
        for (const over of [token, seen, unseen, last].filter((each) => each !== '')) {
          await expectRefusedEverywhere(over);
        }
        last = after;
      }
    });

    it('ends the token that asks for it, and others that were seen, where the clock of their provider is ahead', async () => {
      const claims = person();
      const ahead = seconds() + 20;
      const [token, seen] = [
        provider.mint({ ...claims, iat: ahead }),
        provider.mint({ ...claims, iat: ahead - 1 }),
      ];
      const { id } = await expectAccepted(replicas[0], token);
      await expectAccepted(replicas[1], seen, { id });
      expect((await endAll(replicas[0], token)).status).toBe(204);
      for (const over of [token, seen]) await expectRefusedEverywhere(over);
      await expectAccepted(replicas[0], provider.mint({ ...claims, iat: ahead + 2 }), { id });
    });

    it('leaves tokens of providers alone where only the other sessions are to end', async () => {
      const claims = person();
      const account = await register(replicas[0], { email: claims.email });
      await sql('UPDATE users SET email_verified_at = now() WHERE id = $1', account.id);
      const [token, other] = [provider.mint(claims), provider.mint({ ...claims, jti: 'other' })];
      await expectAccepted(replicas[0], token, { id: account.id });
      const answer = await send(replicas[0], 'DELETE', '/auth/sessions', { headers: bearer(token) });
      expect(answer.status).toBe(204);
      await expectSessionOver(account);
      for (const good of [token, other]) await expectAccepted(replicas[1], good, { id: account.id });
    });

    it('lets no refresh win over it: after both, nothing of the sessions works (I1)', async () => {
      for (let round = 0; round < 20; round++) {
        const account = await register(replicas[0]);
        const [ended, renewed] = await Promise.all([
          endAll(replicas[round % 2] as Service, account.token),
          refresh(replicas[1], account.refreshToken),
        ]);
        expect(ended.status).toBe(204);
        expect([200, 401]).toContain(renewed.status);
        const pairs = renewed.status === 200 ? [tokensOf(renewed)] : [];
        for (const { accessToken, refreshToken } of pairs) {
          await expectSessionOver({ token: accessToken, refreshToken });
        }
        await expectSessionOver(account);
      }
    });
  });

  it.each(['', '?include_current=true', '/{id} of another session'])(
    'whoever is signed out while their DELETE /auth/sessions%s waits ends nothing',
    async (what) => {
      const account = await register(replicas[0]);
      const owner = await signIn(replicas[0], account);
      const path = what.startsWith('/') ? `/${owner.sid}` : what;
      const admin = new Client({ connectionString: database.url });
      await admin.connect();
      try {
        await admin.query('BEGIN');
        await admin.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [account.id]);
        const stolen = send(replicas[1], 'DELETE', `/auth/sessions${path}`, {
          headers: bearer(account.token),
        });
        await aStatementWaits('the end of the sessions waits');
        await sql('UPDATE sessions SET ended_at = now() WHERE id = $1', account.sid);
        await admin.query('COMMIT');
        expect((await stolen).status).toBe(401);
        await expectAccepted(replicas[0], owner.accessToken, account);
      } finally {
        await admin.end();
      }
    },
  );

  it('cannot be moved by a transaction that does not see a session: that has to be tried again', async () => {
    const account = await register(replicas[0]);
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    try {
      await admin.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await admin.query('SELECT count(*) FROM users'); // takes its snapshot
      const unseen = await signIn(replicas[0], account); // which writes to the user's row
      const [SERIALIZATION_FAILURE, move] = ['40001', () => admin.query(OFF, [account.id])];
      await expect(move()).rejects.toMatchObject({ code: SERIALIZATION_FAILURE });
      await admin.query('ROLLBACK');
      await move();
      await admin.query(ON, [account.id]);
      await expectSessionOver({ token: unseen.accessToken, refreshToken: unseen.refreshToken });
    } finally {
      await admin.end();
    }
  });

  it('is not what a sign-in gets that waits for such a change: it comes after it', async () => {
    const account = await register(replicas[0]);
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    try {
      await admin.query('BEGIN');
      await admin.query(OFF, [account.id]);
      await admin.query(ON, [account.id]);
      const signingIn = login(replicas[1], account);
      await aStatementWaits('the sign-in waits');
      await admin.query('COMMIT');
      await expectAccepted(replicas[0], tokensOf(await signingIn).accessToken, account);
      await expectSessionOver(account);
    } finally {
      await admin.end();
    }
  });
});

async function inTransaction(
  database: TestDatabase,
  level: string,
  statements: readonly (readonly [string, unknown[]])[],
): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${level}`);
    for (const [text, values] of statements) await client.query(text, values);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
