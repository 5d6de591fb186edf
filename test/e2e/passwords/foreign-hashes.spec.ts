import { hashSync } from 'bcryptjs';
import { uniqueEmail } from '../../support/http/accounts';
import { FOREIGN_HASHES, foreignHash } from '../../support/foreign-hashes';
import { insertWithHash, storedHashOf } from '../../support/database/stored-passwords';
import { send } from '../../support/http/http';
import { expectNoServerErrors, expectProblem } from '../../support/http/problem';
import { logOf, startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const COST = 5;
const ITERATIONS = 260_000;

describe('hashes of other services', () => {
  let database: TestDatabase;
  let service: Service;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await service.stop();
    expectNoServerErrors(service);
    await database.drop();
  });

  const start = async () => {
    const env = { AUTH_PASSWORD_HASH_COST: String(COST), AUTH_LOG_LEVEL: 'debug' };
    service = await startService({ databaseUrl: database.url, env });
  };

  const login = (email: string, password: string) =>
    send(service, 'POST', '/auth/login', { body: { email, password } });

  const insert = (hash: string | null, isActive = true) => insertWithHash(database, hash, isActive);

  const storedHash = (email: string) => storedHashOf(database, email);

  it('R38: each opens with its password, and is replaced by one of ours at the first sign-in', async () => {
    await start();
    for (const [name, hash, password] of FOREIGN_HASHES) {
      const email = await insert(hash);
      expectProblem(await login(email, `${password}x`), 'invalid-credentials');
      expect([name, await storedHash(email)]).toEqual([name, hash]);
      expect([name, (await login(email, password)).status]).toEqual([name, 200]);
      expect([name, await storedHash(email)]).toEqual([name, expect.stringMatching(/^\$2b\$05\$/)]);
      expect([name, (await login(email, password)).status]).toEqual([name, 200]);
    }
  });

  it('R38: those of bcrypt that cost more than ours stay', async () => {
    await start();
    const hash = hashSync('pass word', COST + 1).replace('$2b$', '$2y$');
    const email = await insert(hash);
    expect((await login(email, 'pass word')).status).toBe(200);
    expect(await storedHash(email)).toBe(hash);
  });

  it('R81: a check that fails takes the same work, whatever is stored, from the first request on', async () => {
    const django = await insert(foreignHash('PBKDF2 with SHA-256, Django 3.2.25'));
    const werkzeug = await insert(foreignHash('PBKDF2 with SHA-256, Werkzeug 2.2.2'));
    const argon2 = await insert(foreignHash('argon2id, PHP 8.2'));
    const inactive = await insert(foreignHash('PBKDF2 with SHA-256, Django 3.2.25'), false);
    const tooMuch = await insert('pbkdf2_sha256$2000001$salt$YWFhYWFhYWFhYWFhYWFhYQ==');
    const without = await insert(null);
    await start();
    for (const email of [uniqueEmail(), django, werkzeug, argon2, inactive, tooMuch, without]) {
      const answer = await login(email, email === inactive ? 'x' : 'wrong');
      expectProblem(answer, 'invalid-credentials');
      const checks = (await logOf(service, answer.headers)).filter(({ msg }) => msg === 'password checked');
      const work = { bcrypt: 2 ** COST, 'pbkdf2-sha256': ITERATIONS, argon2id: 2048 };
      expect(checks.map((check) => check.work)).toEqual([work]);
    }
  });
});
