import { hashSync } from 'bcryptjs';
import { register, uniqueEmail } from '../../support/http/accounts';
import { insertWithHash } from '../../support/database/stored-passwords';
import { send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { logOf, startService, type Service } from '../../support/process/service';
import { changePassword } from '../../support/tokens/sessions';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const COST = 6;
/** The most that a stored hash may cost beyond that. */
const HIGHEST = COST + 2;
const RIGHT = 'right pass word';

describe('R81: the work of a check that fails', () => {
  let database: TestDatabase;
  let service: Service;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await service.stop();
    await database.drop();
  });

  const start = async () => {
    const env = { AUTH_PASSWORD_HASH_COST: String(COST), AUTH_LOG_LEVEL: 'debug' };
    service = await startService({ databaseUrl: database.url, env });
  };

  const login = (email: string, password: string) =>
    send(service, 'POST', '/auth/login', { body: { email, password } });

  const insert = (hash: string | null, isActive = true) => insertWithHash(database, hash, isActive);

  /** Rounds of bcrypt that a sign-in took, which has to be refused. */
  async function rounds(email: string, password = 'wrong'): Promise<number> {
    const answer = await login(email, password);
    expectProblem(answer, 'invalid-credentials');
    const checks = (await logOf(service, answer.headers)).filter(({ msg }) => msg === 'password checked');
    expect(checks).toHaveLength(1);
    return checks[0]!.rounds as number;
  }

  it('is the same for every cause, from the first request on', async () => {
    const cases: Record<string, [email: string, password?: string]> = { unknown: [uniqueEmail()] };
    for (const cost of [4, COST, HIGHEST]) {
      const hash = hashSync(RIGHT, cost);
      const long = `$bcrypt-sha256$v=2,t=2b,r=${cost}$${'a'.repeat(22)}$${'b'.repeat(31)}`;
      cases[`wrong at cost ${cost}`] = [await insert(hash)];
      cases[`wrong for a long password's hash at cost ${cost}`] = [await insert(long)];
      cases[`deactivated at cost ${cost}`] = [await insert(hash, false)];
      cases[`deactivated at cost ${cost}, the right password`] = [await insert(hash, false), RIGHT];
      cases[`longer than bcrypt reads at cost ${cost}`] = [await insert(hash), 'x'.repeat(100)];
    }
    cases['only of a provider'] = [await insert(null)];
    cases['deactivated, only of a provider'] = [await insert(null, false)];
    cases['a stored text that is no hash'] = [await insert('x')];
    cases['R80: a hash that costs too much'] = [
      await insert(hashSync(RIGHT, 4).replace('$04$', `$0${HIGHEST + 1}$`)),
      RIGHT,
    ];
    await start();
    for (const [name, [email, password]] of Object.entries(cases)) {
      expect([name, await rounds(email, password)]).toEqual([name, 2 ** HIGHEST]);
    }
  });

  it('is that of the setting as long as no stored hash costs more', async () => {
    const lower = await insert(hashSync(RIGHT, 4));
    await start();
    expect(await rounds(uniqueEmail())).toBe(2 ** COST);
    expect(await rounds(lower)).toBe(2 ** COST);
    const higher = await insert(hashSync(RIGHT, HIGHEST));
    expect(await rounds(higher)).toBe(2 ** HIGHEST);
    expect(await rounds(uniqueEmail())).toBe(2 ** HIGHEST);
    expect(await rounds(lower)).toBe(2 ** HIGHEST);
  });

  it('R80: nobody enters by a stored hash that costs too much, and by those that do not', async () => {
    const tooMuch = await insert(hashSync(RIGHT, HIGHEST + 1));
    const highest = await insert(hashSync(RIGHT, HIGHEST));
    await start();
    expectProblem(await login(tooMuch, RIGHT), 'invalid-credentials');
    expect((await login(highest, RIGHT)).status).toBe(200);
  });

  it('is the same for a wrong current password', async () => {
    await insert(hashSync(RIGHT, HIGHEST));
    await start();
    const account = await register(service);
    const answer = await changePassword(service, account.token, 'wrong', 'another one');
    expectProblem(answer, 'invalid-input');
    const lines = await logOf(service, answer.headers);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'password checked', rounds: 2 ** HIGHEST }));
  });
});
