import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { administrator } from '../../support/http/administrators';
import { bearer, send } from '../../support/http/http';
import { MAIL_KINDS } from '../../../src/mail/mail-kind';
import { useMailServer } from '../../support/mail/mail-server';
import { codeIn, type ReceivedMail } from '../../support/mail/received-mail';
import { useService } from '../../support/process/use-service';
import { login } from '../../support/tokens/sessions';

const PASSWORD = 'another horse battery';
/** As only SQL brings it into a name: a line that would be a header, markup, links, encoded words, values, and reversed text. */
const CANARY =
  'Canary\r\nBcc: canary@evil.example\r\n\r\n<a href="https://evil.example/">x</a><img src=x onerror=y> "q" \'s\' =?utf-8?q?x?= =3D {{code}} {{link}} http://evil.example/ \u202Eabc\u2066 \u05E9\u05DC\u05D5\u05DD &lt;';
/** What is left of it: text on one line. */
const AS_TEXT =
  'Canary Bcc: canary@evil.example <a href="https: //evil.example/">x</a><img src=x onerror=y> "q" \'s\' =?utf-8?q?x?= =3D {{code}} {{link}} http: //evil.example/ abc \u05E9\u05DC\u05D5\u05DD &lt;';
const SENT_HEADERS = [
  ...['message-id', 'from', 'to', 'subject', 'date', 'mime-version', 'content-type'],
  ...['auto-submitted', 'x-auto-response-suppress'],
].sort();

describe('R94: what users wrote is text in every mail and page', () => {
  const mails = useMailServer();
  const service = useService({ env: () => ({ ...mails.env, AUTH_NOTIFY_NEW_DEVICE: 'true' }) });
  const { database } = service;
  const proving = useService({
    database,
    env: () => ({ ...mails.env, AUTH_REQUIRE_VERIFIED_EMAIL: 'true' }),
  });

  const canary = async (email = uniqueEmail()): Promise<Account> => {
    const account = await register(service, { email });
    await database.query('UPDATE users SET name = $2 WHERE id = $1', [account.id, CANARY]);
    return account;
  };
  const post = (path: string, body: unknown, { token }: Partial<Account> = {}) =>
    send(service, 'POST', path, { body, ...(token && { headers: bearer(token) }) });

  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  const escaped = (text: string) =>
    text.replaceAll(/[&<>"]/g, (character) => entities[character]!).replaceAll("'", '&#39;');

  function expectHarmless(mail: ReceivedMail, written = AS_TEXT): void {
    expect(Object.keys(mail.headers).sort()).toEqual(SENT_HEADERS);
    expect(Object.values(mail.headers).join('\n')).not.toMatch(/canary|evil/i);
    if (written !== '') {
      expect(mail.text).toContain(written);
      expect(mail.html).toContain(escaped(written));
    }
    expect(`${mail.text}${mail.html}`).not.toMatch(/evil:\/\/|https?:\/\/evil|[\u202A-\u202E\u2066-\u2069]/);
    const elements = [...mail.html.matchAll(/<\/?([a-z]+)/g)].map(([, name = '']) => name);
    expect(elements.filter((name) => !/^(html|head|meta|title|body|p|br|a|bdi)$/.test(name))).toEqual([]);
    const links = [...mail.html.matchAll(/href="([^"]*)"/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !link.startsWith('http://localhost:0/account/'))).toEqual([]);
    expect(mail.html.match(/<[^>]*\son\w+=/)).toBeNull();
  }

  it('in each of the mails', async () => {
    const seen: string[] = [];
    const next = async (address: string, subject: RegExp, kind: string, written = AS_TEXT) => {
      const mail = await mails.next(address, subject);
      expectHarmless(mail, written);
      seen.push(kind);
      return mail;
    };
    const admin = await administrator(service, database);
    const first = await canary();
    await post('/auth/email/verification', {}, first);
    await next(first.email, /Verify your/, 'email-verification');
    const wanted = uniqueEmail();
    await send(service, 'PUT', '/users/me/email', { body: { email: wanted }, headers: bearer(first.token) });
    await next(first.email, /was asked for/, 'email-change-requested');
    await post('/auth/email/change', { code: codeIn(await next(wanted, /Confirm/, 'email-change')) });
    const changed = await next(first.email, /your account was changed/, 'email-changed');
    await post('/auth/email/undo', { code: codeIn(changed) });
    await next(wanted, /was undone/, 'email-change-undone');
    const reset = await next(first.email, /Reset your/, 'password-reset');
    await post('/auth/password/reset', { code: codeIn(reset), password: PASSWORD });
    await next(first.email, /was reset/, 'password-was-reset');
    const agent = '<script>alert(1)</script> https://evil.example/ =?utf-8?q?x?= "q"';
    await login(service, { ...first, password: PASSWORD }, { 'User-Agent': agent });
    const device = await next(first.email, /New sign-in/, 'new-device');
    expect(device.html).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt; https: //evil.example/ =?utf-8?q?x?=',
    );

    const second = await canary();
    await post('/auth/password', { current_password: second.password, new_password: PASSWORD }, second);
    await next(second.email, /Your password was changed/, 'password-changed');
    const body = { email: second.email, password: PASSWORD, name: 'Somebody' };
    await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [second.id]);
    await send(proving, 'POST', '/auth/register', { body });
    await next(second.email, /Somebody registered/, 'registration-attempt');
    const patch = { body: { role: 'admin' }, headers: bearer(admin.token) };
    await send(service, 'PATCH', `/users/${second.id}`, patch);
    await next(second.email, /administrator changed/, 'account-changed');
    await send(service, 'DELETE', `/users/${second.id}`, { headers: bearer(admin.token) });
    await next(second.email, /was deleted/, 'account-deleted', '');

    const third = await canary();
    await database.query(`UPDATE users SET password_hash = NULL, role = 'admin' WHERE id = $1`, [third.id]);
    await post(`/users/${third.id}/activation`, { send: true }, admin);
    await next(third.email, /Activate your/, 'activation');
    const account = await post('/service-accounts', { name: 'A', scopes: ['users:read'] }, admin);
    await database.query('UPDATE service_accounts SET owner_id = $2, name = $3 WHERE id = $1', [
      account.body.id,
      third.id,
      CANARY,
    ]);
    await post(`/service-accounts/${String(account.body.id)}/keys`, {}, admin);
    const made = await next(third.email, /A new key/, 'key-made');
    expect(made.text.split(AS_TEXT)).toHaveLength(3);
    expect(seen.sort()).toEqual([...MAIL_KINDS].sort());
  });

  it('addresses go to the server, and into the header, as they are stored', async () => {
    for (const local of ['=?utf-8?q?x?=', '{{code}}', "o'hara=x", 'a+b&c', '`|~^/*!#$%']) {
      const email = `${local}.${uniqueEmail()}`;
      const account = await canary(email);
      await post('/auth/password/forgot', { email });
      const mail = await mails.next(email, /Reset/);
      expectHarmless(mail);
      expect([account.email, mail.headers.to]).toEqual([email, email]);
    }
    for (const email of ['a\r\nBcc: b@evil.example', '<a@example.com>', 'a@example.com, b@evil.example'])
      expect((await post('/auth/password/forgot', { email })).status).toBe(400);
  });

  it.each(['verify', 'reset', 'activate', 'email'])('on the page %s', async (name) => {
    for (const typed of [
      CANARY.slice(0, 100),
      CANARY,
      '"><svg onload=x>',
      "' onfocus=x autofocus='",
      '\u202Ex',
    ]) {
      const answer = await fetch(`${service.url}/account/${name}`, {
        method: 'POST',
        body: new URLSearchParams({ code: typed, password: PASSWORD, extra: typed }),
        headers: { Referer: typed.replaceAll(/[^ -~]/g, '') },
      });
      expect([400, 404]).toContain(answer.status);
      const html = await answer.text();
      expect(html).toContain('role="alert"');
      const elements = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map(([, element = '']) => element));
      for (const element of ['svg', 'a', 'img', 'b']) expect(elements.has(element)).toBe(false);
      expect(html.match(/<[^>"]*("[^"]*"[^>"]*)*\son\w+=/)).toBeNull();
      expect(html.match(/<script/g)).toHaveLength(1);
    }
  });
});
