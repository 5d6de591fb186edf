import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { useMailServer } from '../../support/mail/mail-server';
import { eventually } from '../../support/process/eventually';
import { useService } from '../../support/process/use-service';

/** R91, whatever `AUTH_RATE_LIMITS` says. */
describe('how many mails go', () => {
  const mails = useMailServer();
  const service = useService({
    env: () => ({ ...mails.env, AUTH_RATE_LIMITS: 'false', AUTH_TRUSTED_PROXIES: '1' }),
  });
  const { database } = service;

  const newUsers = async (count: number) => {
    const emails = Array.from({ length: count }, uniqueEmail);
    await database.query(`INSERT INTO users (email, name) SELECT unnest($1::text[]), 'Ada'`, [emails]);
    return emails;
  };
  const forgot = async (email: string, source: string) => {
    const { status, text } = await send(service, 'POST', '/auth/password/forgot', {
      body: { email },
      headers: { 'X-Forwarded-For': source },
    });
    expect([status, text]).toEqual([202, '{}']);
  };
  const untilNothingWaits = () =>
    eventually('nothing waits', async () => {
      const [row] = await database.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM mails WHERE ended_at IS NULL',
      );
      return row?.n === 0 || undefined;
    });
  const passTime = (interval: string) =>
    database.query(`UPDATE mails SET prepared_at = prepared_at - $1::interval`, [interval]);

  it('R91: 60 an hour caused by one source, an IPv6 network being one; another source is not held up', async () => {
    const emails = await newUsers(62);
    for (const [at, email] of emails.entries()) await forgot(email, `2001:db8:1:2::${at + 1}`);
    await untilNothingWaits();
    const arrived = () => emails.filter((email) => mails.to(email).length > 0);
    expect(arrived()).toHaveLength(60);
    const without = emails.find((email) => mails.to(email).length === 0)!;
    await forgot(without, '192.0.2.7');
    await mails.next(without, /Reset/);
    await passTime('61 minutes');
    const last = emails.find((email) => mails.to(email).length === 0)!;
    await forgot(last, '2001:db8:1:2::1');
    await mails.next(last, /Reset/);
  });

  it('R91: 3 an hour and 10 a day to one address', async () => {
    const [email = ''] = await newUsers(1);
    const counts: number[] = [];
    for (let hour = 0; hour < 4; hour++) {
      for (let n = 0; n < 4; n++) await forgot(email, `192.0.2.${10 + hour * 4 + n}`);
      await untilNothingWaits();
      counts.push(mails.to(email).length);
      await passTime('61 minutes');
    }
    expect(counts).toEqual([3, 6, 9, 10]);
    await passTime('1 day');
    await forgot(email, '192.0.2.9');
    await mails.next(email, /Reset/, 10);
  });

  it('R91 R93: whoever holds a session cannot flood its user with notices; those of other kinds still go', async () => {
    const account = await register(service);
    const headers = { ...bearer(account.token), 'X-Forwarded-For': '192.0.2.99' };
    for (let n = 0; n < 12; n++) {
      const answer = await send(service, 'PUT', '/users/me/email', {
        headers,
        body: { email: uniqueEmail() },
      });
      expect([answer.status, answer.text]).toEqual([202, '{}']);
    }
    const body = { current_password: account.password, new_password: 'another horse battery' };
    expect((await send(service, 'POST', '/auth/password', { headers, body })).status).toBe(200);
    await mails.next(account.email, /Your password was changed/);
    await untilNothingWaits();
    expect(mails.to(account.email)).toHaveLength(11);
  });
});
