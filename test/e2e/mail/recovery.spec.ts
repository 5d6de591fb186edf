import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { eventually } from '../../support/process/eventually';
import { useMailServer } from '../../support/mail/mail-server';
import { codeIn } from '../../support/mail/received-mail';
import { useService } from '../../support/process/use-service';
import { isValid, login, refresh, signIn, tokensOf, type AuthBody } from '../../support/tokens/sessions';

const VERIFY = /Verify your e-mail address/;
const RESET = /Reset your password/;
const CONFIRM = /Confirm your new/;
const CHANGED = /address of your account was changed/;
const NEW_PASSWORD = 'another horse battery';

describe('proof of address and recovery, over two replicas', () => {
  const mails = useMailServer();
  const one = useService({ env: () => mails.env });
  const { database } = one;
  const other = useService({ database, env: () => mails.env });

  const post = <Body = Record<string, unknown>>(
    path: string,
    body: unknown,
    at = one,
  ): Promise<Answer<Body>> => send<Body>(at, 'POST', path, { body });
  const requestVerification = ({ token }: Pick<Account, 'token'>) =>
    send(one, 'POST', '/auth/email/verification', { headers: bearer(token) });
  const forgot = (email: string) => post('/auth/password/forgot', { email });
  const requestChange = (account: Account, email: string) =>
    send(one, 'PUT', '/users/me/email', { body: { email }, headers: bearer(account.token) });
  const isVerified = async (id: string) => {
    const [row] = await database.query<{ verified: boolean }>(
      'SELECT email_verified_at IS NOT NULL AS verified FROM users WHERE id = $1',
      [id],
    );
    return row?.verified;
  };
  /** Lets an hour pass for the bounds on mails. */
  const passHour = () =>
    database.query(
      `UPDATE mails SET prepared_at = prepared_at - interval '61 minutes' WHERE prepared_at IS NOT NULL`,
    );

  describe('POST /auth/email/verification', () => {
    it('sends a code that verifies the address once, on the other replica too (R89)', async () => {
      const account = await register(one);
      const answer = await requestVerification(account);
      expectDocumented('POST', '/auth/email/verification', answer);
      expect(answer.status).toBe(202);
      const hours = (Date.parse(String(answer.body.expires_at)) - Date.now()) / 3_600_000;
      expect(hours).toBeGreaterThan(23.9);
      expect(hours).toBeLessThanOrEqual(24);
      const mail = await mails.next(account.email, VERIFY);
      const code = codeIn(mail);
      expect(mail.from).toBe('no-reply@auth.example.com');
      expect(mail.headers['auto-submitted']).toBe('auto-generated');
      expect(mail.headers['message-id']).toMatch(/^<[0-9a-f-]{36}@auth\.example\.com>$/);
      expect(mail.text).toContain(`http://localhost:0/account/verify#code=${code}`);
      expect(mail.text).toContain(`Hello ${account.name},`);
      expect(await isVerified(account.id)).toBe(false);
      const typed = `${code.slice(0, 13).toLowerCase()} - ${code.slice(13)}`;
      const verified = await post('/auth/email/verify', { code: typed }, other);
      expectDocumented('POST', '/auth/email/verify', verified);
      expect(verified.status).toBe(204);
      expect(await isVerified(account.id)).toBe(true);
      expectProblem(await post('/auth/email/verify', { code }), 'code-invalid');
      expectProblem(await requestVerification(account), 'already-verified');
      // The code is nowhere: not in the log, and not in any row.
      expect(one.output() + other.output()).not.toContain(code);
      const [row] = await database.query<{ text: string }>(
        `SELECT coalesce(string_agg(m::text, ''), '') || (SELECT coalesce(string_agg(c::text, ''), '') FROM verification_codes c) AS text FROM mails m`,
      );
      expect(row?.text).not.toContain(code);
    });

    it('R89: the newest code replaces the former; none is good for another purpose, or when it has expired', async () => {
      const account = await register(one);
      await requestVerification(account);
      const first = codeIn(await mails.next(account.email, VERIFY));
      await requestVerification(account);
      const second = codeIn(await mails.next(account.email, VERIFY, 1));
      expectProblem(await post('/auth/email/verify', { code: first }), 'code-invalid');
      for (const path of ['/auth/email/change', '/auth/email/undo']) {
        expectProblem(await post(path, { code: second }, other), 'code-invalid');
      }
      for (const path of ['/auth/password/reset', '/auth/activate']) {
        expectProblem(await post(path, { code: second, password: NEW_PASSWORD }), 'code-invalid');
      }
      await database.query('UPDATE verification_codes SET expires_at = now() WHERE user_id = $1', [
        account.id,
      ]);
      expectProblem(await post('/auth/email/verify', { code: second }), 'code-invalid');
      expect(await isVerified(account.id)).toBe(false);
    });

    it('R74: ends rights that were given by hand before the first proof', async () => {
      const account = await register(one);
      const [team] = await database.query<{ id: string }>(
        `INSERT INTO teams (name) VALUES ('Given') RETURNING id`,
      );
      await database.query(`INSERT INTO team_memberships (team_id, user_id, role) VALUES ($1, $2, 'admin')`, [
        team?.id,
        account.id,
      ]);
      await database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [account.id]);
      await requestVerification(account);
      const code = codeIn(await mails.next(account.email, VERIFY));
      // The last administrator stays what they are, and the code stays good.
      expectProblem(await post('/auth/email/verify', { code }), 'last-admin');
      await register(one).then(({ id }) =>
        database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [id]),
      );
      expect((await post('/auth/email/verify', { code })).status).toBe(204);
      const me = await send(one, 'GET', '/auth/me', { headers: bearer(account.token) });
      expect(me.body).toMatchObject({ email_verified: true, role: 'user', teams: [{ name: 'General' }] });
    });
  });

  describe('POST /auth/password/forgot and reset', () => {
    it('R92: a code sets a password once; all sessions end on both replicas, the address is verified', async () => {
      const account = await register(one);
      const elsewhere = await signIn(other, account);
      const asked = await forgot(account.email.toUpperCase());
      expectDocumented('POST', '/auth/password/forgot', asked);
      expect([asked.status, asked.text]).toEqual([202, '{}']);
      const code = codeIn(await mails.next(account.email, RESET));
      expectProblem(await post('/auth/password/reset', { code, password: 'short' }), 'invalid-input');
      const answer = await post<AuthBody>('/auth/password/reset', { code, password: NEW_PASSWORD }, other);
      expectDocumented('POST', '/auth/password/reset', answer);
      expect(answer.status).toBe(200);
      expect(answer.body.user).toMatchObject({ id: account.id, email_verified: true });
      for (const service of [one, other]) {
        expect(await isValid(service, account.token)).toBe(false);
        expect(await isValid(service, elsewhere.accessToken)).toBe(false);
        expect(await isValid(service, answer.body.access_token)).toBe(true);
      }
      expect((await refresh(one, account.refreshToken)).status).toBe(401);
      expect((await login(one, account)).status).toBe(401);
      expect((await login(one, { ...account, password: NEW_PASSWORD })).status).toBe(200);
      expectProblem(await post('/auth/password/reset', { code, password: NEW_PASSWORD }), 'code-invalid');
      const notice = await mails.next(account.email, /Your password was reset/);
      expect(notice.text).not.toMatch(/#code=|https?:\/\//);
    });

    it('R43 R92: a change of the password ends open codes; a deactivation too; nobody is reactivated', async () => {
      const account = await register(one);
      await forgot(account.email);
      const code = codeIn(await mails.next(account.email, RESET));
      const changed = await send(one, 'POST', '/auth/password', {
        headers: bearer(account.token),
        body: { current_password: account.password, new_password: NEW_PASSWORD },
      });
      expect(changed.status).toBe(200);
      expectProblem(await post('/auth/password/reset', { code, password: NEW_PASSWORD }), 'code-invalid');
      await forgot(account.email);
      const next = codeIn(await mails.next(account.email, RESET, 1));
      await database.query('UPDATE users SET is_active = false WHERE id = $1', [account.id]);
      expectProblem(
        await post('/auth/password/reset', { code: next, password: NEW_PASSWORD }),
        'code-invalid',
      );
      await database.query('UPDATE users SET is_active = true WHERE id = $1', [account.id]);
      expectProblem(
        await post('/auth/password/reset', { code: next, password: NEW_PASSWORD }),
        'code-invalid',
      );
    });

    it('R90: mails only an active user, and gives a first password to one without', async () => {
      const inactive = await register(one);
      await database.query('UPDATE users SET is_active = false WHERE id = $1', [inactive.id]);
      const withoutPassword = await register(one);
      await database.query('UPDATE users SET password_hash = NULL WHERE id = $1', [withoutPassword.id]);
      const unknown = uniqueEmail();
      for (const email of [unknown, inactive.email, withoutPassword.email]) {
        expect((await forgot(email)).status).toBe(202);
      }
      const code = codeIn(await mails.next(withoutPassword.email, RESET));
      const answer = await post<AuthBody>('/auth/password/reset', { code, password: NEW_PASSWORD });
      expect(answer.status).toBe(200);
      await eventually('nothing waits', async () => {
        const [row] = await database.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM mails WHERE prepared_at IS NULL',
        );
        return row?.n === 0 || undefined;
      });
      expect([...mails.to(unknown), ...mails.to(inactive.email)]).toEqual([]);
    });

    it('R91: at most 3 mails an hour to an address; beyond it the answer is the same and the last code stays', async () => {
      const account = await register(one);
      for (let n = 0; n < 3; n++) {
        await forgot(account.email);
        await mails.next(account.email, RESET, n);
      }
      const last = codeIn(mails.to(account.email).at(-1)!);
      expect((await forgot(account.email)).status).toBe(202);
      expect((await requestVerification(account)).status).toBe(202); // whatever it is for
      await eventually('nothing waits', async () => {
        const [row] = await database.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM mails WHERE prepared_at IS NULL',
        );
        return row?.n === 0 || undefined;
      });
      expect(mails.to(account.email)).toHaveLength(3);
      expect((await post('/auth/password/reset', { code: last, password: NEW_PASSWORD })).status).toBe(200);
      await passHour();
      await forgot(account.email);
      await mails.next(account.email, RESET, 3);
    });

    it('of two resets at once one succeeds; a login with the old password opens nothing that lasts', async () => {
      const account = await register(one);
      await passHour();
      await forgot(account.email);
      const code = codeIn(await mails.next(account.email, RESET));
      const [resets, logins] = await Promise.all([
        Promise.all(
          [one, other, one, other].map((at) =>
            post<AuthBody>('/auth/password/reset', { code, password: NEW_PASSWORD }, at),
          ),
        ),
        Promise.all([one, other, one].map((at) => login(at, account))),
      ]);
      expect(resets.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
      for (const answer of logins) {
        if (answer.status === 200) expect(await isValid(one, answer.body.access_token)).toBe(false);
        else expect(answer.status).toBe(401);
      }
      const winner = resets.find(({ status }) => status === 200);
      expect(await isValid(other, winner?.body.access_token ?? '')).toBe(true);
    });
  });

  describe('PUT /users/me/email, change and undo', () => {
    it('R93: changes the address by a code to the new one, tells the old one, and can be undone for 7 days', async () => {
      await passHour();
      const account = await register(one);
      const elsewhere = await signIn(one, account);
      const wanted = uniqueEmail();
      const asked = await requestChange(account, wanted);
      expectDocumented('PUT', '/users/me/email', asked);
      expect([asked.status, asked.text]).toEqual([202, '{}']);
      const notice = await mails.next(account.email, /change of your e-mail address was asked/);
      expect(notice.text).not.toMatch(/#code=|https?:\/\//);
      const code = codeIn(await mails.next(wanted, CONFIRM));
      expect(mails.to(wanted)[0]?.text).toContain('/account/email#code=');
      const changed = await post('/auth/email/change', { code }, other);
      expectDocumented('POST', '/auth/email/change', changed);
      expect(changed.body).toMatchObject({ id: account.id, email: wanted, email_verified: true });
      // Tokens of before end with their `sub`; the session that asked goes on.
      expect(await isValid(one, account.token)).toBe(false);
      expect((await refresh(one, elsewhere.refreshToken)).status).toBe(401);
      const renewed = tokensOf(await refresh(one, account.refreshToken));
      expect(await isValid(other, renewed.accessToken)).toBe(true);
      expectProblem(await post('/auth/email/change', { code }), 'code-invalid');

      const undo = codeIn(await mails.next(account.email, CHANGED));
      // The old address is kept.
      const body = { email: account.email, password: NEW_PASSWORD, name: 'Somebody else' };
      expectProblem(await post('/auth/register', body), 'email-already-registered');
      const undone = await post('/auth/email/undo', { code: undo });
      expectDocumented('POST', '/auth/email/undo', undone);
      expect(undone.status).toBe(204);
      expect(await isValid(one, renewed.accessToken)).toBe(false);
      expect((await refresh(other, renewed.refreshToken)).status).toBe(401);
      expect((await login(one, account)).body.user).toMatchObject({ id: account.id, email: account.email });
      expectProblem(await post('/auth/email/undo', { code: undo }), 'code-invalid');
      await mails.next(account.email, RESET);
      await mails.next(wanted, /change of your e-mail address was undone/);
    });

    it('R90: answers a taken address and the own one alike, and refuses none; asks for a fresh sign-in', async () => {
      await passHour();
      const [account, owner] = [await register(one), await register(one)];
      for (const email of [owner.email, account.email, uniqueEmail()]) {
        const answer = await requestChange(account, email);
        expect([answer.status, answer.text]).toEqual([202, '{}']);
      }
      expectProblem(await requestChange(account, 'no address'), 'invalid-input');
      await database.query(
        `UPDATE sessions SET created_at = created_at - interval '11 minutes' WHERE id = $1`,
        [account.sid],
      );
      expectProblem(await requestChange(account, uniqueEmail()), 'reauthentication-required');
      expect(mails.to(owner.email)).toEqual([]);
    });

    it('the code is dead when the address was taken meanwhile, or the password changed, or its session was ended', async () => {
      await passHour();
      const account = await register(one);
      const askFor = async (email: string) => {
        expect((await requestChange({ ...account, ...tokens }, email)).status).toBe(202);
        return codeIn(await mails.next(email, CONFIRM));
      };
      let tokens = { token: account.token };
      const taken = uniqueEmail();
      const first = await askFor(taken);
      await register(other, { email: taken });
      expectProblem(await post('/auth/email/change', { code: first }), 'code-invalid');
      const second = await askFor(uniqueEmail());
      const changed = await send<AuthBody>(one, 'POST', '/auth/password', {
        headers: bearer(account.token),
        body: { current_password: account.password, new_password: NEW_PASSWORD },
      });
      tokens = { token: changed.body.access_token };
      expectProblem(await post('/auth/email/change', { code: second }), 'code-invalid');
      const third = await askFor(uniqueEmail());
      await database.query(
        `UPDATE sessions SET ended_at = now(), end_reason = 'ended-by-user' WHERE id = $1`,
        [account.sid],
      );
      expectProblem(await post('/auth/email/change', { code: third }), 'code-invalid');
    });

    it('whoever changes the address twice does not keep the owner from taking it back', async () => {
      await passHour();
      const account = await register(one);
      const [second, third] = [uniqueEmail(), uniqueEmail()];
      await requestChange(account, second);
      await post('/auth/email/change', { code: codeIn(await mails.next(second, CONFIRM)) });
      const between = tokensOf(await refresh(one, account.refreshToken));
      await requestChange({ ...account, token: between.accessToken }, third);
      await post('/auth/email/change', { code: codeIn(await mails.next(third, CONFIRM)) });
      const [ofFirst, ofSecond] = [
        codeIn(await mails.next(account.email, CHANGED)),
        codeIn(await mails.next(second, CHANGED)),
      ];
      expect((await post('/auth/email/undo', { code: ofFirst })).status).toBe(204);
      expectProblem(await post('/auth/email/undo', { code: ofSecond }), 'code-invalid');
      expect((await login(one, account)).status).toBe(200);
    });

    it('of a change and registrations of the same address one wins', async () => {
      await passHour();
      for (let round = 0; round < 4; round++) {
        const account = await register(one);
        const wanted = uniqueEmail();
        await requestChange(account, wanted);
        const code = codeIn(await mails.next(wanted, CONFIRM));
        const registration = { email: wanted, password: NEW_PASSWORD, name: 'Somebody else' };
        const [change, ...registrations] = await Promise.all([
          post('/auth/email/change', { code }),
          post('/auth/register', registration, other),
          post('/auth/register', registration),
        ]);
        const winners = [change.status === 200, ...registrations.map(({ status }) => status === 201)];
        expect(winners.filter(Boolean)).toHaveLength(1);
        expect([200, 404]).toContain(change.status);
      }
    });
  });
});
