import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { uniqueEmail } from '../support/http/accounts';
import { makeCertificate } from '../support/http/certificate';
import { send } from '../support/http/http';
import { MailServer, useMailServer } from '../support/mail/mail-server';
import { codeIn } from '../support/mail/received-mail';
import { eventually } from '../support/process/eventually';
import { startService } from '../support/process/service';
import { useDatabase, type TestDatabase } from '../support/database/test-database';

const RESET = /Reset your password/;

/** A user with nothing but an address. */
async function newUser(database: TestDatabase): Promise<string> {
  const email = uniqueEmail();
  await database.query(`INSERT INTO users (email, name) VALUES ($1, 'Ada')`, [email]);
  return email;
}

const forgot = (service: { readonly url: string }, email: string) =>
  send(service, 'POST', '/auth/password/forgot', { body: { email } });

describe('a mail server that does not do what it should (R95)', () => {
  const database = useDatabase();
  const mails = useMailServer();
  /** Lets the wait for the next attempt pass. */
  const passDelay = (email: string) =>
    database.query(`UPDATE mails SET next_attempt_at = now() WHERE address = $1 AND ended_at IS NULL`, [
      email,
    ]);
  const stateOf = async (email: string) => {
    const [row] = await database.query<{
      outcome: string | null;
      attempts: number;
      last_error: string | null;
    }>('SELECT outcome, attempts, last_error FROM mails WHERE address = $1', [email]);
    return row;
  };

  it('4xx and a connection that breaks off in DATA are tried again with the same id and code, 5xx is final', async () => {
    const service = await startService({ databaseUrl: database.url, env: mails.env });
    try {
      const [deferred, refused, broken] = [
        await newUser(database),
        await newUser(database),
        await newUser(database),
      ];
      mails.behaviour = (address) => (address === deferred ? 451 : address === refused ? 550 : undefined);
      for (const email of [deferred, refused]) await forgot(service, email);
      await eventually('both were tried', async () => {
        const [one, other] = [await stateOf(deferred), await stateOf(refused)];
        return (one?.last_error != null && other?.last_error != null) || undefined;
      });
      expect(await stateOf(deferred)).toEqual({
        outcome: null,
        attempts: 1,
        last_error: 'the mail server does not take the mail now (451)',
      });
      expect(await stateOf(refused)).toEqual({
        outcome: 'given-up',
        attempts: 1,
        last_error: 'the mail server refuses the mail (550)',
      });
      mails.behaviour = () => undefined;
      await passDelay(deferred);
      const mail = await mails.next(deferred, RESET);
      const code = codeIn(mail);

      // Handed over, and the answer lost: it comes a second time, the same.
      let seen = 0;
      const ids: string[] = [];
      mails.beforeAcknowledgement = ({ to, headers }) => {
        if (to !== broken) return undefined;
        ids.push(headers['message-id'] ?? '');
        return seen++ === 0
          ? Promise.reject(Object.assign(new Error('later'), { responseCode: 451 }))
          : undefined;
      };
      await forgot(service, broken);
      await eventually('it was refused once', () => seen > 0 || undefined);
      await eventually('and that was written', async () => (await stateOf(broken))?.last_error ?? undefined);
      await passDelay(broken);
      await mails.next(broken, RESET);
      expect(new Set(ids).size).toBe(1);

      const reset = await send(service, 'POST', '/auth/password/reset', {
        body: { code, password: 'another horse battery' },
      });
      expect(reset.status).toBe(200);
      expect(service.logs().filter(({ msg }) => msg === 'mail.given-up')).toHaveLength(1);
      for (const email of [deferred, refused, broken]) expect(service.output()).not.toContain(email);
    } finally {
      await service.stop();
    }
  });

  it('a connection that breaks off in the middle of DATA, and a slow server: the mail comes later, once', async () => {
    const service = await startService({ databaseUrl: database.url, env: mails.env });
    try {
      const [broken, slow] = [await newUser(database), await newUser(database)];
      let cuts = 0;
      mails.breaksOff = (address) => address === broken && cuts++ === 0;
      await forgot(service, broken);
      await eventually(
        'it broke off, and that was written',
        async () => (await stateOf(broken))?.last_error ?? undefined,
      );
      expect(await stateOf(broken)).toEqual({
        outcome: null,
        attempts: 1,
        last_error: 'the mail server broke the connection off',
      });
      expect(mails.to(broken)).toEqual([]);
      mails.beforeAcknowledgement = ({ to }) =>
        to === slow ? new Promise((resolve) => setTimeout(resolve, 3_000)) : undefined;
      await passDelay(broken);
      await forgot(service, slow);
      await mails.next(broken, RESET);
      await mails.next(slow, RESET);
      for (const email of [broken, slow])
        await eventually('it was sent', async () => (await stateOf(email))?.outcome ?? undefined);
      expect([mails.to(broken).length, mails.to(slow).length]).toEqual([1, 1]);
    } finally {
      mails.beforeAcknowledgement = () => undefined;
      await service.stop();
    }
  });

  it('a mail is there after a kill, and no mail more than twice', async () => {
    const env = mails.env;
    const first = await startService({ databaseUrl: database.url, env });
    const emails = await Promise.all(Array.from({ length: 30 }, () => newUser(database)));
    let handedOver = 0;
    mails.beforeAcknowledgement = () => {
      if (++handedOver === 5) first.process.kill('SIGKILL'); // taken, and nobody knows
    };
    await Promise.all(emails.map((email) => forgot(first, email)));
    await eventually('it was killed', () => first.process.signalCode ?? undefined);
    await database.query(`UPDATE mails SET next_attempt_at = now() WHERE ended_at IS NULL`); // claims expire
    const second = await startService({ databaseUrl: database.url, env });
    try {
      await eventually('all arrived', () => emails.every((email) => mails.to(email).length > 0) || undefined);
      for (const email of emails) expect(mails.to(email).length).toBeLessThanOrEqual(2);
    } finally {
      await second.stop();
    }
  });
});

describe('a mail server that hangs, or whose certificate is none', () => {
  const database = useDatabase();

  it('a certificate that does not verify stops the sending, on loopback too, and is told in words', async () => {
    const { cert, key, file } = await makeCertificate();
    const server = new MailServer({ secure: true, cert, key });
    await server.start();
    const port = new URL(server.url.replace('smtp:', 'http:')).port;
    const base = { ...server.env, AUTH_SMTP_URL: `smtps://localhost:${port}` };
    const distrusting = await startService({ databaseUrl: database.url, env: base });
    const email = await newUser(database);
    try {
      await forgot(distrusting, email);
      await eventually('it was tried', () =>
        distrusting
          .logs()
          .find(({ reason }) => /certificate of the mail server is not trusted/.test(String(reason))),
      );
    } finally {
      await distrusting.stop();
    }
    expect(server.mails).toEqual([]);
    await database.query(`UPDATE mails SET next_attempt_at = now()`);
    const trusting = await startService({
      databaseUrl: database.url,
      env: { ...base, NODE_EXTRA_CA_CERTS: file },
    });
    try {
      await server.next(email, RESET);
    } finally {
      await trusting.stop();
      await server.stop();
    }
  });

  it('one without STARTTLS gets nothing in production, and one with a bad certificate neither', async () => {
    const { cert, key } = await makeCertificate();
    const plain = new MailServer();
    const bad = new MailServer({ cert, key, disabledCommands: [] });
    await Promise.all([plain.start(), bad.start()]);
    // No loopback by its name, and this machine all the same.
    const without = plain.url.replace('//127.0.0.1', '//user:marked-password@0.0.0.0');
    for (const [url, reason] of [
      [without, /offers no TLS/],
      [bad.url.replace('//', '//user:marked-password@'), /is not trusted: it is signed by itself/],
    ] as const) {
      const service = await startService({
        databaseUrl: database.url,
        env: { ...plain.env, AUTH_SMTP_URL: url, NODE_ENV: 'production', AUTH_PASSWORD_HASH_COST: '10' },
      });
      try {
        await forgot(service, await newUser(database));
        await eventually('it was tried', () =>
          service.logs().find((line) => reason.test(String(line.reason))),
        );
        expect(service.output()).not.toContain('marked-password');
      } finally {
        await service.stop();
      }
      await database.query('UPDATE mails SET next_attempt_at = now() WHERE ended_at IS NULL');
    }
    expect([...plain.mails, ...bad.mails, ...plain.attempts, ...bad.attempts]).toEqual([]);
    await Promise.all([plain.stop(), bad.stop()]);
  });

  it('one that accepts and never answers holds up no request, no connection of the database, and no stop', async () => {
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const service = await startService({
      databaseUrl: database.url,
      env: { AUTH_SMTP_URL: `smtp://127.0.0.1:${port}`, AUTH_MAIL_FROM: 'no-reply@example.com' },
    });
    try {
      const emails = await Promise.all(Array.from({ length: 10 }, () => newUser(database)));
      for (const email of emails) expect((await forgot(service, email)).status).toBe(202);
      await eventually('it is connected to', () => sockets.length > 0 || undefined);
      expect(sockets.length).toBeLessThanOrEqual(3);
      const [row] = await database.query<{ open: number }>(
        `SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'`,
      );
      expect(row?.open).toBe(0);
      expect((await send(service, 'GET', '/health')).status).toBe(200);
      expect(await service.stop()).toBe(0);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
      await service.stop();
    }
  });
});
