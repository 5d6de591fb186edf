import { randomUUID } from 'node:crypto';
import { ApiUser, aUser, prove } from '../../support/http/administration';
import { expectProblem } from '../../support/http/problem';
import { built } from '../../support/process/build';
import { run, type Ended } from '../../support/process/program';
import { useService } from '../../support/process/use-service';

describe('npm run admin (R45)', () => {
  const service = useService();
  const { database } = service;

  beforeEach(() => database.query('TRUNCATE users CASCADE'));

  const admin = (args: string[], databaseUrl = database.url): Promise<Ended> =>
    run('node', [built('src/cli/admin.cli.js'), ...args], { NODE_ENV: 'test', DATABASE_URL: databaseUrl });

  /** The lines of its log that are audit events. */
  const auditOf = ({ output }: Ended) =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.audit === true);

  const roleOf = async ({ id }: ApiUser) =>
    (await database.query<{ role: string }>('SELECT role FROM users WHERE id = $1', [id]))[0]?.role;

  it('makes the first administrator, who may do their work with the token that they have', async () => {
    const user = await aUser(service);
    await prove(database, user);
    await database.query(`UPDATE users SET created_at = now() - interval '12 days' WHERE id = $1`, [user.id]);
    expectProblem(await user.send('GET', '/users'), 'forbidden');
    const ended = await admin(['grant', ` ${user.account.email.toUpperCase()}`]);
    expect(ended.status).toBe(0);
    for (const shown of [
      user.id,
      user.account.email,
      '12 days ago',
      'address proven 20',
      'is an administrator now',
    ])
      expect(ended.output).toContain(shown);
    expect(auditOf(ended)).toMatchObject([
      { msg: 'user.admin.granted', outcome: 'success', user_id: user.id, by: 'operator' },
    ]);
    expect(JSON.stringify(auditOf(ended))).not.toContain(user.account.email);
    expect((await user.send('GET', '/users')).status).toBe(200);
    const again = await admin(['grant', user.account.email]);
    expect(again).toMatchObject({
      status: 0,
      output: expect.stringContaining('is an administrator already'),
    });
    expect(auditOf(again)).toEqual([]);
  });

  it('refuses an address that nobody has proven, unless the user is named by the id that the refusal shows', async () => {
    const [user, other] = [await aUser(service), await aUser(service)];
    const refused = await admin(['grant', user.account.email]);
    expect(refused).toMatchObject({ status: 1, output: expect.stringContaining('address UNPROVEN') });
    expect(refused.output).toContain(`--id ${user.id}`);
    expect([await roleOf(user), auditOf(refused)]).toEqual(['user', []]);
    expect(await admin(['grant', user.account.email, '--id', other.id])).toMatchObject({
      status: 1,
      output: 'no user has this address and this id\n',
    });
    expect(await roleOf(other)).toBe('user');
    expect((await admin(['grant', user.account.email, '--id', user.id.toUpperCase()])).status).toBe(0);
    expect((await admin(['grant', '--id', other.id])).status).toBe(0);
    expect([await roleOf(user), await roleOf(other)]).toEqual(['admin', 'admin']);
  });

  it('refuses who is deactivated', async () => {
    const user = await aUser(service);
    await database.query('UPDATE users SET is_active = false WHERE id = $1', [user.id]);
    expect(await admin(['grant', '--id', user.id])).toMatchObject({
      status: 1,
      output: expect.stringContaining('not granted: the user is deactivated'),
    });
    expect(await roleOf(user)).toBe('user');
  });

  it('lists administrators, and takes the role from all but the last', async () => {
    expect(await admin(['list'])).toEqual({ status: 0, output: 'no administrators\n' });
    const [first, second] = [await aUser(service), await aUser(service)];
    for (const { id } of [first, second]) await admin(['grant', '--id', id]);
    const listed = await admin(['list']);
    expect(listed.status).toBe(0);
    expect(listed.output.trim().split('\n')).toHaveLength(2);
    expect(listed.output).toContain(first.id);
    const revoked = await admin(['revoke', first.account.email]);
    expect(revoked).toMatchObject({
      status: 0,
      output: expect.stringContaining('is no administrator any more'),
    });
    expect(auditOf(revoked)).toMatchObject([{ msg: 'user.admin.revoked', user_id: first.id }]);
    expectProblem(await first.send('GET', '/users'), 'forbidden');
    const last = await admin(['revoke', second.account.email]);
    expect(last).toMatchObject({
      status: 1,
      output: expect.stringContaining('the last active administrator stays: grant somebody else first'),
    });
    expect([await roleOf(second), auditOf(last)]).toEqual(['admin', []]);
    expect(await admin(['revoke', first.account.email])).toMatchObject({
      status: 0,
      output: expect.stringContaining('is no administrator\n'),
    });
  });

  it.each([
    [['grant'], 'name a user by ADDRESS or --id ID; --help tells more\n'],
    [['grant', 'a@example.com', 'b@example.com'], 'name one user; --help tells more\n'],
    [['grant', 'nobody'], 'ADDRESS must be an e-mail address such as name@example.com; --help tells more\n'],
    [['revoke', '--id', '7'], '--id must be the id of a user (a UUID); --help tells more\n'],
    [['revoke', 'nobody@example.com'], 'no user has this address\n'],
    [['revoke', '--id', randomUUID()], 'no user has this id\n'],
    [
      ['remove', 'a@example.com'],
      'the command is "grant ADDRESS", "revoke ADDRESS" or "list"; --help tells more\n',
    ],
    [[], 'the command is "grant ADDRESS", "revoke ADDRESS" or "list"; --help tells more\n'],
  ])('%j ends with status 1 and says why', async (args, output) => {
    expect(await admin(args)).toEqual({ status: 1, output });
  });

  it('says that the database is away, without its password', async () => {
    const ended = await admin(['list'], 'postgresql://someone:marked-password@127.0.0.1:1/none');
    expect(ended.status).toBe(1);
    expect(ended.output).not.toContain('marked-password');
  });

  it('tells what it takes', async () => {
    const help = await admin(['--help']);
    expect(help).toMatchObject({
      status: 0,
      output: expect.stringContaining('npm run admin -- grant ADDRESS'),
    });
  });
});
