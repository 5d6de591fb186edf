import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register, uniqueEmail } from '../../support/http/accounts';
import { administrator } from '../../support/http/administrators';
import { bearer, send } from '../../support/http/http';
import { sample, scrape } from '../../support/http/metrics';
import { expectProblem } from '../../support/http/problem';
import { MailServer, useMailServer } from '../../support/mail/mail-server';
import { codeIn } from '../../support/mail/received-mail';
import { built } from '../../support/process/build';
import { eventually } from '../../support/process/eventually';
import { NODE } from '../../support/process/node';
import { run } from '../../support/process/program';
import { spawnService, startService, TEST_SECRET } from '../../support/process/service';
import { useService } from '../../support/process/use-service';
import { ended } from '../../support/process/ended';
import type { TestDatabase } from '../../support/database/test-database';

const RESET = /Reset your password|Your way back/;

async function newUser(database: TestDatabase): Promise<string> {
  const email = uniqueEmail();
  await database.query(`INSERT INTO users (email, name) VALUES ($1, 'Ada')`, [email]);
  return email;
}

const forgot = (service: { readonly url: string }, email: string) =>
  send(service, 'POST', '/auth/password/forgot', { body: { email } });

describe('what operators see of mail', () => {
  const mails = useMailServer();
  const service = useService({ env: () => mails.env });
  const { database } = service;

  async function examine(env: Record<string, string>) {
    const { status, output } = await run(NODE, [built('src/cli/doctor.cli.js'), '--json'], {
      ...{ NODE_ENV: 'test', DATABASE_URL: database.url, AUTH_JWT_SECRET_KEY: TEST_SECRET },
      ...env,
    });
    expect(output).not.toContain('marked-password');
    const { checks } = JSON.parse(output) as { checks: { id: string; status: string; detail: string }[] };
    return { status, of: (id: string) => checks.find((check) => check.id === id) };
  }

  it('metrics and doctor tell how many mails wait, since when, and the last error; then that all is well', async () => {
    const email = await newUser(database);
    mails.behaviour = () => 451;
    const before = await scrape(service);
    await forgot(service, email);
    const reason = 'the mail server does not take the mail now (451)';
    const waiting = await eventually('the metric tells of it', async () => {
      const metrics = await scrape(service);
      return sample(metrics, 'auth_mail_queue_last_error_info', { reason }) === 1 ? metrics : undefined;
    });
    expect(sample(waiting, 'auth_mail_queue')).toBe(1);
    expect(sample(waiting, 'auth_mail_queue_oldest_seconds')).toBeGreaterThan(0);
    const count = (metrics: typeof before, outcome: string) =>
      sample(metrics, 'auth_mails_total', { outcome });
    expect(count(waiting, 'deferred')).toBe(count(before, 'deferred') + 1);
    expect([...waiting.keys()].join()).not.toContain(email);
    const late = await examine(mails.env);
    expect(late.of('mail-queue')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(
        /^1 mail waits, the oldest for \d+ s; the last error: the mail server does not take/,
      ) as string,
    });
    expect(late.of('mail-server')).toMatchObject({ status: 'ok' });
    mails.behaviour = () => undefined;
    await database.query('UPDATE mails SET next_attempt_at = now() WHERE ended_at IS NULL');
    await mails.next(email, RESET);
    await eventually('the metric tells that none waits', async () => {
      const metrics = await scrape(service);
      return (
        (sample(metrics, 'auth_mail_queue') === 0 &&
          sample(metrics, 'auth_mail_queue_oldest_seconds') === 0 &&
          sample(metrics, 'auth_mail_queue_last_error_info') === 0) ||
        undefined
      );
    });
    const well = await examine(mails.env);
    expect([well.status, well.of('mail-queue')]).toMatchObject([
      0,
      { status: 'ok', detail: 'no mail waits' },
    ]);
  });

  it('doctor signs in at the mail server, and says what is wrong', async () => {
    const { port } = new URL(mails.url.replace('smtp:', 'http:'));
    const from = { AUTH_MAIL_FROM: 'no-reply@example.com' };
    const away = await examine({ ...from, AUTH_SMTP_URL: 'smtp://127.0.0.1:9' });
    expect([away.status, away.of('mail-server')]).toMatchObject([
      1,
      { status: 'fail', detail: 'the mail server refuses connections' },
    ]);
    const picky = new MailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        username === 'user@example.com' && password === 'marked-password'
          ? done(null, { user: username })
          : done(new Error('no')),
    });
    await picky.start();
    try {
      const at = (credentials: string) => ({
        ...from,
        AUTH_SMTP_URL: picky.url.replace('//', `//${credentials}@`),
      });
      expect((await examine(at('user%40example.com:marked-password'))).of('mail-server')).toMatchObject({
        status: 'ok',
        detail: 'takes connections, and the sign-in',
      });
      expect((await examine(at('user%40example.com:another'))).of('mail-server')).toMatchObject({
        status: 'fail',
        detail: expect.stringContaining('refuses the user name or the password of AUTH_SMTP_URL') as string,
      });
    } finally {
      await picky.stop();
    }
    const untrusted = await examine({ ...from, AUTH_SMTP_URL: `smtps://127.0.0.1:${port}` });
    expect(untrusted.of('mail-server')).toMatchObject({ status: 'fail' });
    expect((await examine({})).of('mail-server')).toMatchObject({ status: 'ok' });
  });

  it('a mail whose code expired while it waited is given up, and audited', async () => {
    const admin = await administrator(service, database);
    const email = await newUser(database);
    mails.behaviour = () => 451;
    await forgot(service, email);
    const [{ id } = { id: '' }] = await eventually('it was tried', async () => {
      const rows = await database.query<{ id: string }>(
        'SELECT id FROM mails WHERE address = $1 AND last_error IS NOT NULL',
        [email],
      );
      return rows.length > 0 ? rows : undefined;
    });
    await database.query(`UPDATE verification_codes SET expires_at = now() WHERE address = $1`, [email]);
    await database.query('UPDATE mails SET next_attempt_at = now() WHERE ended_at IS NULL');
    const event = await eventually('it is audited', async () => {
      const { body } = await send<{ items: { changes: unknown; type: string }[] }>(
        service,
        'GET',
        '/audit/events?type=mail.given-up',
        { headers: bearer(admin.token) },
      );
      return body.items[0];
    });
    expect(JSON.stringify(event)).toContain(id);
    expect(JSON.stringify(event)).not.toContain(email);
    mails.behaviour = () => undefined;
    expect(mails.to(email)).toEqual([]);
  });

  it('R93: the owner of a service account is told of a new key, by its name as text, without a link or the key', async () => {
    const admin = await administrator(service, database);
    const name = 'Backups <b>https://evil.example/</b>';
    const account = await send<{ id: string }>(service, 'POST', '/service-accounts', {
      headers: bearer(admin.token),
      body: { name, scopes: ['users:read'] },
    });
    const key = await send<{ secret: string }>(service, 'POST', `/service-accounts/${account.body.id}/keys`, {
      headers: bearer(admin.token),
      body: {},
    });
    expect(key.status).toBe(201);
    const notice = await mails.next(admin.email, /A new key was made/);
    expect(notice.text).toContain('Backups <b>https: //evil.example/</b>');
    expect(notice.html).toContain('&lt;b&gt;https: //evil.example/&lt;/b&gt;');
    expect(notice.text + notice.html).not.toMatch(/psk_|https?:\/\//);
  });
});

describe('AUTH_MAIL_TEMPLATES', () => {
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-templates-'));
  const mails = useMailServer();
  const service = useService({ env: () => own(mails.env, folder) });
  const { database } = service;
  writeFileSync(
    join(folder, 'password-reset.txt'),
    'Subject: Your way back\n\nDear {{name}} ({{address}}),\n\n{{link}}\n\n{{code}}\n\nFor {{lifetime}}.\n',
  );
  writeFileSync(
    join(folder, 'password-reset.html'),
    '<!DOCTYPE html><title>Back</title><p class="own">{{name}}</p><a href="{{link}}">Back</a>',
  );

  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes the texts of the folder, names as text in both parts; the others are as shipped', async () => {
    const account = await register(service, { name: '<i>Ada</i> {{link}}' });
    await forgot(service, account.email);
    const mail = await mails.next(account.email, RESET);
    const code = codeIn(mail);
    expect(mail.headers.subject).toBe('Your way back');
    expect(mail.text).toContain(`Dear <i>Ada</i> {{link}} (${account.email}),`);
    expect(mail.text).toContain('For 1 hour.');
    expect(mail.html).toContain('<p class="own">&lt;i&gt;Ada&lt;/i&gt; {{link}}</p>');
    expect(mail.html).toContain(`<a href="http://localhost:0/account/reset#code=${code}">`);
    await send(service, 'POST', '/auth/email/verification', { headers: bearer(account.token) });
    expect((await mails.next(account.email, /Verify your/)).text).toContain('Hello <i>Ada</i>');
  });

  it('stops the start, and names every file that is at fault, or the folder', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'promptstack-auth-templates-'));
    const faults = {
      'email-verification.txt': ['Dear {{name}}', 'must begin with "Subject: …" and an empty line'],
      'password-reset.txt': ['Subject: x\n\nNothing.', 'must hold {{code}} or {{link}}'],
      'activation.txt': ['Subject: \n\n{{code}}', 'must begin with "Subject'],
      'new-device.txt': ['Subject: x\n\n{{secret}}', 'must hold no value but {{name}}'],
      'key-made.html': ['<p>{{name}</p>', 'has {{ or }} that belong to no value'],
      'account-deleted.txt': ['Subject: {{name}}\n\nx', 'must have a subject without values'],
      'pasword-reset.txt': ['Subject: x\n\n{{code}}', 'is no mail of this service'],
    };
    for (const [name, [text]] of Object.entries(faults)) writeFileSync(join(broken, name), text!);
    const start = async () => {
      const spawned = spawnService({ DATABASE_URL: database.url, ...own(mails.env, broken) });
      await ended(spawned.process);
      expect(spawned.process.exitCode).toBeGreaterThan(0);
      return spawned.output();
    };
    const told = await start();
    for (const [name, [, sentence]] of Object.entries(faults))
      expect(told).toContain(`AUTH_MAIL_TEMPLATES: ${name} ${sentence}`);
    rmSync(broken, { recursive: true });
    expect(await start()).toContain('AUTH_MAIL_TEMPLATES must be a folder that this process can read');
  });
});

const own = (env: Record<string, string>, folder: string) => ({ ...env, AUTH_MAIL_TEMPLATES: folder });

describe('where mail is a setting', () => {
  const mails = useMailServer();
  const service = useService({ env: () => mails.env });
  const { database } = service;

  it('AUTH_PASSWORD_SIGN_IN=false: forgot and reset are 403, and no code is consumed', async () => {
    const email = await newUser(database);
    await forgot(service, email);
    const code = codeIn(await mails.next(email, RESET));
    const closed = await startService({
      databaseUrl: database.url,
      env: { ...mails.env, AUTH_PASSWORD_SIGN_IN: 'false' },
    });
    const body = { code, password: 'another horse battery' };
    try {
      expectProblem(await forgot(closed, email), 'password-sign-in-disabled');
      expectProblem(
        await send(closed, 'POST', '/auth/password/reset', { body }),
        'password-sign-in-disabled',
      );
      const page = await fetch(`${closed.url}/account/reset`, {
        method: 'POST',
        body: new URLSearchParams(body),
      });
      expect(page.status).toBe(403);
      expect(await page.text()).toMatch(/role="alert"/);
    } finally {
      await closed.stop();
    }
    expect((await send(service, 'POST', '/auth/password/reset', { body })).status).toBe(200);
  });

  it('AUTH_ACCOUNT_URL, AUTH_PUBLIC_URL and AUTH_ACCOUNT_PAGES: links are of settings, never of a request (R94)', async () => {
    const email = await newUser(database);
    const other = await startService({
      databaseUrl: database.url,
      env: {
        ...mails.env,
        AUTH_PUBLIC_URL: 'https://auth.example.com/base/',
        AUTH_ACCOUNT_PAGES: 'false',
      },
    });
    await service.stop(); // it would send the mails of the other
    try {
      await send(other, 'POST', '/auth/password/forgot', {
        body: { email },
        headers: { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' },
      });
      const mail = await mails.next(email, RESET);
      expect(mail.text).toContain(`https://auth.example.com/base/account/reset#code=${codeIn(mail)}\r\n`);
      expect(mail.source).not.toContain('evil');
      expect((await send(other, 'GET', '/account/reset')).status).toBe(404);
      expect((await send(other, 'GET', '/dev/mails')).status).toBe(404);
    } finally {
      await other.stop();
    }
    const front = await startService({
      databaseUrl: database.url,
      env: { ...mails.env, AUTH_ACCOUNT_URL: 'https://app.example.com/me/', AUTH_MAIL_FROM: 'a@example.com' },
    });
    try {
      await forgot(front, email);
      const mail = await mails.next(email, RESET, 1);
      expect(mail.text).toContain(`https://app.example.com/me/reset#code=${codeIn(mail)}\r\n`);
      expect(mail.headers.from).toBe('a@example.com');
    } finally {
      await front.stop();
    }
  });

  it('faulty settings stop the start, all are named, and no secret is', async () => {
    const start = async (env: Record<string, string>) => {
      const spawned = spawnService({ DATABASE_URL: database.url, ...env });
      await ended(spawned.process);
      expect(spawned.process.exitCode).toBeGreaterThan(0);
      return spawned.output();
    };
    const many = await start({
      AUTH_SMTP_URL: 'http://user:marked-password@mail.example.com',
      AUTH_MAIL_FROM: 'A\r\nBcc: x@example.com <a@example.com>',
      AUTH_ACCOUNT_URL: 'javascript:alert(1)',
      AUTH_ACCOUNT_PAGES: 'perhaps',
      AUTH_REQUIRE_VERIFIED_EMAIL: 'perhaps',
      AUTH_NOTIFY_NEW_DEVICE: 'perhaps',
    });
    for (const name of ['AUTH_SMTP_URL', 'AUTH_MAIL_FROM', 'AUTH_ACCOUNT_URL', 'AUTH_ACCOUNT_PAGES'])
      expect(many).toMatch(new RegExp(`${name} must`));
    for (const name of ['AUTH_REQUIRE_VERIFIED_EMAIL', 'AUTH_NOTIFY_NEW_DEVICE'])
      expect(many).toMatch(new RegExp(`${name} must`));
    expect(many).not.toContain('marked-password');
    expect(await start({ AUTH_SMTP_URL: 'smtp://127.0.0.1:25' })).toMatch(/AUTH_MAIL_FROM is required/);
  });

  it('without a server, outside production: files in .data/mail/, named in one line of the log and listed', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'promptstack-auth-files-'));
    const filing = await startService({ databaseUrl: database.url, cwd });
    try {
      const name = 'Ünï <b> "x" =C3=A4';
      const account = await register(filing, { name });
      await send(filing, 'POST', '/auth/email/verification', { headers: bearer(account.token) });
      const [listed] = await eventually('it is listed', async () => {
        const { status, body } = await send<{ to: string; text: string; file: string }[]>(
          filing,
          'GET',
          '/dev/mails',
        );
        expect(status).toBe(200);
        return body.length > 0 ? body : undefined;
      });
      expect(listed).toMatchObject({ to: account.email, subject: 'Verify your e-mail address' });
      expect(listed?.text).toContain(`Hello ${name},`);
      const [, code] = /#code=([A-Z2-7]{26})/.exec(listed?.text ?? '') ?? [];
      const stored = await eventually('it counts as sent', async () => {
        const answer = await send(filing, 'GET', '/users/me/export', { headers: bearer(account.token) });
        return /"outcome":"sent"/.test(answer.text) ? answer : undefined;
      });
      expect(stored.body).toMatchObject({
        codes: [{ purpose: 'email-verification', address: account.email }],
        mails: [{ kind: 'email-verification', address: account.email, outcome: 'sent' }],
      });
      expect(stored.text).not.toContain(code);
      expect((await send(filing, 'POST', '/auth/email/verify', { body: { code } })).status).toBe(204);
      const told = () => filing.logs().filter(({ file }) => file === listed?.file);
      await eventually('the log names it', () => told().length > 0 || undefined);
      expect(told()).toHaveLength(1);
      expect(listed?.file).toMatch(/^\.data\/mail\/.*\.eml$/);
      expect(filing.output()).not.toContain(code);
    } finally {
      await filing.stop();
      rmSync(cwd, { recursive: true });
    }
  });
});
