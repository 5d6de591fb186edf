import { register, uniqueEmail, type Account } from '../support/http/accounts';
import { administrator } from '../support/http/administrators';
import { bearer, send } from '../support/http/http';
import { expectProblem } from '../support/http/problem';
import { EXIM, PYTHON, useExim, type ParsedMail } from '../support/mail/exim';
import { describeWith } from '../support/process/debian';
import { useService } from '../support/process/use-service';
import { isValid, login, refresh, signIn, tokensOf, type AuthBody } from '../support/tokens/sessions';

const NAME = `<b>"Ada"</b> Lovelace = "x" =C3 Ünïcödé שלום =?utf-8?q?x?= \\ . 'é'`;
const PASSWORD = 'another horse battery';

describeWith([EXIM, PYTHON])(
  "walks over two replicas and Debian's exim, read by Python's email package",
  () => {
    const exim = useExim();
    const one = useService({ env: () => exim.env });
    const { database } = one;
    const other = useService({ database, env: () => exim.env });

    const post = <Body = Record<string, unknown>>(path: string, body: unknown, at = one) =>
      send<Body>(at, 'POST', path, { body });
    const asUser = ({ token }: Pick<Account, 'token'>, method: string, path: string, body?: unknown) =>
      send(one, method, path, { headers: bearer(token), ...(body === undefined ? {} : { body }) });

    /** A mail that was sent well, and its code: whole in both parts. */
    function codeIn(mail: ParsedMail, page: string): string {
      expect(mail.defects).toEqual([]);
      const [, code = ''] = new RegExp(`/account/${page}#code=([A-Z2-7]{26})\\n`).exec(mail.text) ?? [];
      expect(mail.html).toContain(`href="http://localhost:0/account/${page}#code=${code}"`);
      expect(mail.text).toContain(`\n${code.replace(/^(.{6})(.{5})(.{5})(.{5})/, '$1-$2-$3-$4-')}\n`);
      return code;
    }

    function expectNotice(mail: ParsedMail): void {
      expect(mail.defects).toEqual([]);
      expect(mail.text + mail.html).not.toMatch(/#code=|https?:|[A-Z2-7]{6}-[A-Z2-7]{5}/);
    }

    it('R94: register, verify: headers, both parts, links whole, and a name with every odd character as text', async () => {
      const account = await register(one, { name: NAME });
      await asUser(account, 'POST', '/auth/email/verification');
      const mail = await exim.next(account.email, /Verify/);
      expect(mail.headers).toMatchObject({
        To: account.email,
        From: 'Auth <no-reply@auth.example.com>',
        Subject: 'Verify your e-mail address',
        'Auto-Submitted': 'auto-generated',
      });
      expect(mail.headers['Message-ID']).toMatch(/^<[0-9a-f-]{36}@auth\.example\.com>$/);
      expect(mail.text).toContain(`Hello ${NAME},`);
      expect(mail.html).not.toContain('<b>');
      const code = codeIn(mail, 'verify');
      expect((await post('/auth/email/verify', { code }, other)).status).toBe(204);
      const me = await send(one, 'GET', '/auth/me', { headers: bearer(account.token) });
      expect(me.body.email_verified).toBe(true);
      for (const at of [one, other])
        expectProblem(await post('/auth/email/verify', { code }, at), 'code-invalid');
    });

    it('R92: forgot, reset: the sessions of before are dead on both', async () => {
      const account = await register(one, { name: NAME });
      const elsewhere = await signIn(other, account);
      expect((await post('/auth/password/forgot', { email: account.email })).status).toBe(202);
      const code = codeIn(await exim.next(account.email, /Reset/), 'reset');
      const answer = await post<AuthBody>('/auth/password/reset', { code, password: PASSWORD }, other);
      expect(answer.status).toBe(200);
      for (const at of [one, other]) {
        expect(await isValid(at, account.token)).toBe(false);
        expect(await isValid(at, elsewhere.accessToken)).toBe(false);
        expect((await refresh(at, account.refreshToken)).status).toBe(401);
        expect((await login(at, account)).status).toBe(401);
        expect(await isValid(at, answer.body.access_token)).toBe(true);
        expectProblem(await post('/auth/password/reset', { code, password: PASSWORD }, at), 'code-invalid');
      }
      expectNotice(await exim.next(account.email, /was reset/));
    });

    it('R93: change of address, both mails, undone on the seventh day', async () => {
      const account = await register(one, { name: NAME });
      const elsewhere = await signIn(other, account);
      const wanted = uniqueEmail();
      expect((await asUser(account, 'PUT', '/users/me/email', { email: wanted })).status).toBe(202);
      expectNotice(await exim.next(account.email, /was asked for/));
      const code = codeIn(await exim.next(wanted, /Confirm/), 'email');
      expect((await post('/auth/email/change', { code }, other)).body).toMatchObject({ email: wanted });
      expect((await refresh(one, elsewhere.refreshToken)).status).toBe(401);
      const renewed = tokensOf(await refresh(other, account.refreshToken));
      const undo = codeIn(await exim.next(account.email, /was changed/), 'email');
      await database.query(
        `UPDATE verification_codes SET created_at = created_at - interval '167 hours', expires_at = expires_at - interval '167 hours'
         WHERE user_id = $1`,
        [account.id],
      );
      expect((await post('/auth/email/undo', { code: undo }, other)).status).toBe(204);
      for (const at of [one, other]) {
        expect(await isValid(at, renewed.accessToken)).toBe(false);
        expect((await login(at, account)).status).toBe(200);
        expectProblem(await post('/auth/email/undo', { code: undo }, at), 'code-invalid');
      }
      codeIn(await exim.next(account.email, /Reset/), 'reset');
      expectNotice(await exim.next(wanted, /was undone/));
    });

    it('activation by mail: the code is in the mail alone, and proves the address', async () => {
      const admin = await administrator(one, database);
      const email = uniqueEmail();
      const made = await asUser(admin, 'POST', '/users', { email, name: NAME });
      const sent = await asUser(admin, 'POST', `/users/${String(made.body.id)}/activation`, { send: true });
      expect(sent.status).toBe(202);
      const code = codeIn(await exim.next(email, /Activate/), 'activate');
      expect(sent.text).not.toContain(code);
      const entered = await post<AuthBody>('/auth/activate', { code, password: PASSWORD }, other);
      expect(entered.body.user).toMatchObject({ email, email_verified: true });
      for (const at of [one, other])
        expectProblem(await post('/auth/activate', { code, password: PASSWORD }, at), 'code-invalid');
    });
  },
);
