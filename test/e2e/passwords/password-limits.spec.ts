import { once } from 'node:events';
import { hashSync } from 'bcryptjs';
import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { spawnService, startService, type Service } from '../../support/process/service';
import { useDatabase } from '../../support/database/test-database';

describe('limits on passwords', () => {
  const database = useDatabase();

  describe('R37, P8: with AUTH_PASSWORD_BLOCKLIST', () => {
    let service: Service;

    beforeAll(async () => {
      service = await startService({
        databaseUrl: database.url,
        env: { AUTH_PASSWORD_BLOCKLIST: 'true', AUTH_PASSWORD_MIN_LENGTH: '10' },
      });
    });

    afterAll(() => service.stop());

    const registration = (password: string, email = uniqueEmail(), name = 'Ada Lovelace') =>
      send(service, 'POST', '/auth/register', { body: { email, password, name } });

    it.each([
      '1234567890',
      'qwertyuiop',
      'QWERTYUIOP',
      'PromptStack2026',
      'promptstack-auth!',
      'Ada Lovelace',
      'ada lovelace 1815',
    ])('refuses %s, and says why', async (password) => {
      const answer = await registration(password);
      expectProblem(answer, 'invalid-input');
      expect(answer.body.detail).toMatch(/^password must not be a well-known password/);
      expect(answer.body.errors).toMatchObject([{ pointer: '#/password' }]);
    });

    it('refuses the own address, whole or by parts, in any spelling of it', async () => {
      const email = uniqueEmail();
      const domain = 'bücher.example.com';
      const local = email.split('@')[0]!;
      const own = [
        [email, email],
        [email, email.toUpperCase()],
        [email, `${email}1!`],
        [email, local],
        [email, `${local}2026`],
        [email, 'Example.com'],
        [`${local}@${domain}`, `${local}@${domain}`],
        [`${local}@${domain}`, `${local}@xn--bcher-kva.example.com`],
      ] as const;
      for (const [address, password] of own)
        expectProblem(await registration(password, address), 'invalid-input');
    });

    it.each([
      'my password is qwertyuiop',
      'promptstack makes me happy',
      'correct horse battery',
      'x9!kQ2@vLm',
    ])('takes %s: the whole password is compared', async (password) => {
      expect((await registration(password)).status).toBe(201);
    });

    it('R35: asks for the length of AUTH_PASSWORD_MIN_LENGTH, of new passwords only', async () => {
      const answer = await registration('x9!kQ2@vL');
      expectProblem(answer, 'invalid-input');
      expect(answer.body.detail).toBe('password must have 10 to 256 characters');
      const email = uniqueEmail();
      const insert = 'INSERT INTO users (email, name, password_hash) VALUES ($1, $1, $2)';
      await database.query(insert, [email, hashSync('password', 4)]);
      expect(
        (await send(service, 'POST', '/auth/login', { body: { email, password: 'password' } })).status,
      ).toBe(200);
    });
  });

  it('R37: has no blocklist outside production unless asked for', async () => {
    const service = await startService({ databaseUrl: database.url });
    expect((await register(service, { password: 'password' })).token).toMatch(/^ey/);
    await service.stop();
  });

  it('R42: answers what does not fit the queue with 503 at once, and other routes meanwhile', async () => {
    const service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_PASSWORD_HASH_WORKERS: '1',
        AUTH_PASSWORD_HASH_COST: '8',
        AUTH_PASSWORD_HASH_QUEUE: '100',
      },
    });
    const account = await register(service);
    const order: string[] = [];
    const attempts = Array.from({ length: 180 }, async () => {
      const answer = await send(service, 'POST', '/auth/login', {
        body: { email: account.email, password: 'wrong' },
      });
      order.push(`login ${answer.status}`);
      return answer;
    });
    const refusal = attempts.map(async (attempt) => {
      if ((await attempt).status !== 503) await new Promise(() => undefined); // is no sign of a full queue
    });
    await Promise.race(refusal);
    expect((await send(service, 'GET', '/health/live')).status).toBe(200);
    expect((await send(service, 'GET', '/auth/me', { headers: bearer(account.token) })).status).toBe(200);
    order.push('others');
    const answers = await Promise.all(attempts);
    const overloaded = answers.filter(({ status }) => status === 503);
    for (const answer of overloaded) expectProblem(answer, 'overloaded');
    const judged = answers.filter(({ status }) => status !== 503);
    for (const answer of judged) expectProblem(answer, 'invalid-credentials');
    expect(judged.length).toBeGreaterThan(0); // how many fit into 5 s depends on the machine
    expect(overloaded.length).toBeGreaterThan(0);
    // The others had to wait for no more than a few hashes: most came after them.
    expect(order.slice(order.indexOf('others')).length).toBeGreaterThan(50);
    expect((await send(service, 'POST', '/auth/login', { body: account })).status).toBe(200);
    await service.stop();
  });

  it('R38: production refuses a cheap hash', async () => {
    const spawned = spawnService({ NODE_ENV: 'production', AUTH_PASSWORD_HASH_COST: '9' });
    const [status] = (await once(spawned.process, 'close')) as [number | null];
    expect(status).toBe(1);
    expect(spawned.output()).toContain('AUTH_PASSWORD_HASH_COST must be at least 10 in production');
  });
});
