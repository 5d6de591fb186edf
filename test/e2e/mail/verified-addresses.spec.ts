import { register, uniqueEmail } from '../../support/http/accounts';
import { administrator } from '../../support/http/administrators';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { useMailServer } from '../../support/mail/mail-server';
import { codeIn } from '../../support/mail/received-mail';
import { eventually } from '../../support/process/eventually';
import { startService } from '../../support/process/service';
import { useDatabase } from '../../support/database/test-database';
import { useService } from '../../support/process/use-service';
import { isValid, login, type AuthBody } from '../../support/tokens/sessions';

const VERIFY = /Verify your e-mail address/;
const PASSWORDS = ['the first horse battery', 'the second horse battery'] as const;

describe('AUTH_REQUIRE_VERIFIED_EMAIL=true', () => {
  const mails = useMailServer();
  const service = useService({
    env: () => ({ ...mails.env, AUTH_REQUIRE_VERIFIED_EMAIL: 'true', AUTH_RATE_LIMITS: 'false' }),
  });
  const { database } = service;
  const open = useService({ database, env: () => ({ ...mails.env, AUTH_NOTIFY_NEW_DEVICE: 'true' }) });

  const post = <Body = Record<string, unknown>>(path: string, body: unknown): Promise<Answer<Body>> =>
    send<Body>(service, 'POST', path, { body });
  const enrol = (email: string, password: string, name = 'Ada Lovelace') =>
    post('/auth/register', { email, password, name });
  const untilPrepared = () =>
    eventually('nothing waits', async () => {
      const [row] = await database.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM mails WHERE prepared_at IS NULL',
      );
      return row?.n === 0 || undefined;
    });

  it('R90: register answers 202; the code signs in; login before is 403, and sends no other code within 10 minutes', async () => {
    const email = uniqueEmail();
    const answer = await enrol(email, PASSWORDS[0]);
    expectDocumented('POST', '/auth/register', answer);
    expect([answer.status, answer.body]).toEqual([202, { verification: 'sent' }]);
    const code = codeIn(await mails.next(email, VERIFY));
    const refused = await login(service, { email, password: PASSWORDS[0] });
    expectDocumented('POST', '/auth/login', refused);
    expectProblem(refused as unknown as Answer, 'address-not-verified');
    expect(refused.body).toMatchObject({ code: 'email-not-verified' });
    expect((await login(service, { email, password: PASSWORDS[1] })).status).toBe(401);
    await untilPrepared();
    expect(mails.to(email)).toHaveLength(1);
    const entered = await post<AuthBody>('/auth/email/verify', { code });
    expectDocumented('POST', '/auth/email/verify', entered);
    expect(entered.status).toBe(200);
    expect(entered.body.user).toMatchObject({ email, email_verified: true });
    expect(await isValid(service, entered.body.access_token)).toBe(true);
    expect((await login(service, { email, password: PASSWORDS[0] })).status).toBe(200);
    expectProblem(await post('/auth/email/verify', { code }), 'code-invalid');
  });

  it('registered twice: the password of the newest registration counts once its code is used, never the first', async () => {
    const email = uniqueEmail();
    await enrol(email, PASSWORDS[0], 'The first');
    await mails.next(email, VERIFY);
    await enrol(email.toUpperCase(), PASSWORDS[1], 'The second');
    const code = codeIn(await mails.next(email, VERIFY, 1));
    // Whoever came first does not get another code for theirs.
    await database.query(
      `UPDATE mails SET prepared_at = prepared_at - interval '11 minutes' WHERE prepared_at IS NOT NULL`,
    );
    expect((await login(service, { email, password: PASSWORDS[0] })).status).toBe(403);
    const again = codeIn(await mails.next(email, VERIFY, 2));
    expectProblem(await post('/auth/email/verify', { code }), 'code-invalid');
    const entered = await post<AuthBody>('/auth/email/verify', { code: again });
    expect(entered.body.user).toMatchObject({ email, name: 'The second' });
    expect((await login(service, { email, password: PASSWORDS[0] })).status).toBe(401);
    expect((await login(service, { email, password: PASSWORDS[1] })).status).toBe(200);
  });

  it('R90: a taken address is answered alike; its owner is told, an inactive one is not', async () => {
    const owner = await register(open);
    await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [owner.id]);
    const inactive = await register(open);
    await database.query('UPDATE users SET is_active = false WHERE id = $1', [inactive.id]);
    const free = uniqueEmail();
    const answers = [];
    for (const email of [owner.email, inactive.email, free]) answers.push(await enrol(email, PASSWORDS[0]));
    const told = answers.map(({ status, text, headers }) => [
      status,
      text,
      [...headers.keys()].sort().join(),
    ]);
    expect(new Set(told.map((each) => JSON.stringify(each))).size).toBe(1);
    const notice = await mails.next(owner.email, /Somebody registered/);
    expect(notice.text).not.toMatch(/#code=|https?:/);
    await mails.next(free, VERIFY);
    expect(mails.to(inactive.email)).toEqual([]);
    expect((await login(service, owner)).status).toBe(200);
  });

  it('R93: tells of a new device, of a changed password, and of acts of administrators, without a link', async () => {
    const admin = await administrator(open, database);
    const account = await register(open);
    await login(open, account, { 'User-Agent': 'Another browser https://evil.example/' });
    const device = await mails.next(account.email, /New sign-in/);
    expect(device.text).toContain('Another browser https: //evil.example/');
    await login(open, account, { 'User-Agent': 'Another browser https://evil.example/' });
    await send(open, 'POST', '/auth/password', {
      headers: bearer(account.token),
      body: { current_password: account.password, new_password: PASSWORDS[1] },
    });
    const changed = await mails.next(account.email, /Your password was changed/);
    await send(open, 'PATCH', `/users/${account.id}`, {
      headers: bearer(admin.token),
      body: { name: 'Ada King' },
    });
    const acted = await mails.next(account.email, /administrator changed/);
    expect(acted.text).toContain('the name');
    await send(open, 'DELETE', `/users/${account.id}`, { headers: bearer(admin.token) });
    const deleted = await mails.next(account.email, /was deleted/);
    for (const { text } of [device, changed, acted, deleted]) expect(text).not.toMatch(/#code=|https?:\/\//);
    expect(
      mails.to(account.email).filter(({ headers }) => /New sign-in/.test(headers.subject ?? '')),
    ).toHaveLength(1);
  });

  it('activation by mail: 202 without the code, which verifies the address and keeps the rights given', async () => {
    const admin = await administrator(open, database);
    const email = uniqueEmail();
    const made = await send<{ id: string }>(open, 'POST', '/users', {
      headers: bearer(admin.token),
      body: { email, name: 'Grace Hopper', role: 'admin' },
    });
    const path = `/users/${made.body.id}/activation`;
    const answer = await send(open, 'POST', path, { headers: bearer(admin.token), body: { send: true } });
    expectDocumented('POST', '/users/{id}/activation', answer);
    expect([answer.status, Object.keys(answer.body)]).toEqual([202, ['expires_at']]);
    const code = codeIn(await mails.next(email, /Activate/));
    const entered = await post<AuthBody>('/auth/activate', { code, password: PASSWORDS[0] });
    expect(entered.body.user).toMatchObject({ email_verified: true, role: 'admin' });
  });

  it('R94: names are text in every part, and addresses go out as they are stored', async () => {
    const name = `<b>"Ada"</b> =?utf-8?q?x?= {{code}} https://evil.example/ שלום`;
    const account = await register(open, { name });
    await send(open, 'POST', '/auth/email/verification', { headers: bearer(account.token) });
    const mail = await mails.next(account.email, VERIFY);
    expect(mail.text).toContain(`Hello <b>"Ada"</b> =?utf-8?q?x?= {{code}} https: //evil.example/ שלום,`);
    expect(mail.html).toContain('&lt;b&gt;&quot;Ada&quot;&lt;/b&gt;');
    expect(mail.html).not.toContain('https://evil');
    expect(mail.headers.to).toBe(account.email);
    expect(Object.values(mail.headers).join()).not.toContain('Ada');
  });
});

describe('without a mail server', () => {
  const env = { NODE_ENV: 'production', AUTH_PASSWORD_HASH_COST: '10', AUTH_PASSWORD_BLOCKLIST: 'false' };
  const database = useDatabase();

  it('in production: what would send is 503, the rest as ever, and the start warns', async () => {
    const service = await startService({
      databaseUrl: database.url,
      env: { ...env, AUTH_REQUIRE_VERIFIED_EMAIL: 'true' },
    });
    const account = await register(service);
    for (const [method, path, body] of [
      ['POST', '/auth/email/verification', undefined],
      ['POST', '/auth/password/forgot', { email: account.email }],
      ['PUT', '/users/me/email', { email: uniqueEmail() }],
    ] as const) {
      const answer = await send(service, method, path, {
        headers: bearer(account.token),
        ...(body && { body }),
      });
      expectProblem(answer, 'mail-not-configured');
    }
    const admin = await administrator(service, database);
    await database.query('UPDATE users SET password_hash = NULL WHERE id = $1', [account.id]);
    const activation = await send(service, 'POST', `/users/${account.id}/activation`, {
      headers: bearer(admin.token),
      body: { send: true },
    });
    expectProblem(activation, 'mail-not-configured');
    for (const path of ['/auth/email/verify', '/auth/email/change', '/auth/email/undo']) {
      expectProblem(await send(service, 'POST', path, { body: { code: 'x' } }), 'code-invalid');
    }
    expect((await send(service, 'GET', '/dev/mails')).status).toBe(404);
    expect(service.output()).toContain('AUTH_REQUIRE_VERIFIED_EMAIL is true and AUTH_SMTP_URL is not set');
    await service.stop();
  });
});
