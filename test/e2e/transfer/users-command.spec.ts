import { hashSync } from 'bcryptjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';
import { register } from '../../support/http/accounts';
import { built } from '../../support/process/build';
import { eventually } from '../../support/process/eventually';
import { run, type Ended } from '../../support/process/program';
import { startService, type Service } from '../../support/process/service';
import { isValid, login } from '../../support/tokens/sessions';

const SECRET = 'marked-secret';
const DJANGO = 'pbkdf2_sha256$260000$pdHeefbjxVHeKxO67nrpl0$0w+8Gtku0QeHmx28vWktFtzuSUYNKihVC6+cm8VGPp8=';

/** Everything that an import may write, without what differs by itself. */
const STATE = `
  SELECT email, name, avatar_url, password_hash, email_verified_at IS NOT NULL AS verified, is_active, u.role,
    ARRAY(SELECT t.name || coalesce(':' || m.role, '') FROM team_memberships m JOIN teams t ON t.id = team_id
      WHERE user_id = u.id ORDER BY 1) AS teams,
    ARRAY(SELECT key FROM user_domains JOIN domains d ON d.id = domain_id WHERE user_id = u.id ORDER BY 1) AS domains
  FROM users u ORDER BY email`;

describe('npm run users', () => {
  let database: TestDatabase;
  let folder: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-users-'));
  });

  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  });

  const file = (name: string) => join(folder, name);
  const env = (databaseUrl = database.url) => ({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    AUTH_PASSWORD_HASH_COST: '5',
  });
  const users = (args: string[], databaseUrl?: string): Promise<Ended> =>
    run('node', [built('src/cli/users.cli.js'), ...args], env(databaseUrl));

  function write(lines: readonly unknown[], name = 'users.ndjson'): string {
    const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    writeFileSync(file(name), texts.map((text) => `${text}\n`).join(''));
    return file(name);
  }

  const importLines = (lines: readonly unknown[], ...options: string[]) =>
    users(['import', write(lines), ...options]);
  const audit = ({ output }: Ended) =>
    output
      .split('\n')
      .filter((line) => line.includes('"audit":true'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  describe('import', () => {
    it('makes users as the lines say, in the default team and domain where they say nothing', async () => {
      const ended = await importLines([
        { email: 'Ada@Example.com', name: 'Ada' },
        {
          email: 'bob@example.com',
          name: 'Bob',
          avatar_url: 'https://example.com/bob.png',
          email_verified: true,
          is_active: false,
          role: 'user',
          teams: [{ name: 'Design', role: 'owner' }, { external_ref: 'eng' }],
          domains: ['sales', 'design'],
          created_at: '2024-02-03T04:05:06Z',
        },
        '',
        { email: 'eve@example.com', name: 'Eve', teams: [], domains: [], password_hash: null },
      ]);
      expect(ended).toMatchObject({
        status: 0,
        output: expect.stringContaining('4 lines: 3 created, 0 updated, 0 skipped, 0 refused'),
      });
      const plain = { avatar_url: null, password_hash: null, verified: false, is_active: true, role: 'user' };
      expect(await database.query(STATE)).toEqual([
        { email: 'ada@example.com', name: 'Ada', ...plain, teams: ['General'], domains: ['engineering'] },
        {
          ...{ email: 'bob@example.com', name: 'Bob', ...plain, avatar_url: 'https://example.com/bob.png' },
          ...{ verified: true, is_active: false },
          ...{ teams: ['Design:owner', 'Engineering'], domains: ['design', 'sales'] },
        },
        { email: 'eve@example.com', name: 'Eve', ...plain, teams: [], domains: [] },
      ]);
      const [bob] = await database.query<{ created_at: Date }>(
        `SELECT created_at FROM users WHERE name = 'Bob'`,
      );
      expect(bob?.created_at.toISOString()).toBe('2024-02-03T04:05:06.000Z');
      expect(audit(ended)).toMatchObject([{ msg: 'users.imported', created: 3, updated: 0 }]);
      expect(existsSync(file('users.ndjson.state')) || existsSync(file('users.ndjson.refused'))).toBe(false);
    });

    it.each<[string, unknown, string | null, RegExp]>([
      ['no JSON', `{"email": "${SECRET}"`, null, /^is no JSON object$/],
      ['a list', [SECRET], null, /^is no JSON object$/],
      ['a member twice', `{"email":"a@example.com","name":"A","name":"${SECRET}"}`, null, /twice/],
      ['an unknown member', { email: 'a@example.com', name: 'A', password: SECRET }, 'password', /no member/],
      ['no address', { email: SECRET, name: 'A' }, 'email', /e-mail address/],
      ['no name', { email: 'a@example.com', name: ' ' }, 'name', /1 to 200 characters/],
      ['no web address', { email: 'a@example.com', name: 'A', avatar_url: SECRET }, 'avatar_url', /absolute/],
      [
        'an unknown hash',
        { email: 'a@example.com', name: 'A', password_hash: SECRET },
        'password_hash',
        /format/,
      ],
      [
        'R80: a hash that costs too much',
        { email: 'a@example.com', name: 'A', password_hash: hashSync('x', 4).replace('$04$', '$08$') },
        'password_hash',
        /^asks for more than cost 7 of bcrypt$/,
      ],
      [
        'a proof that is a text',
        { email: 'a@example.com', name: 'A', email_verified: 'true' },
        'email_verified',
        /true or false/,
      ],
      ['an unknown role', { email: 'a@example.com', name: 'A', role: SECRET }, 'role', /user or admin/],
      [
        'R45: an administrator',
        { email: 'a@example.com', name: 'A', role: 'admin' },
        'role',
        /--allow-admins/,
      ],
      [
        'an unknown team',
        { email: 'a@example.com', name: 'A', teams: [{ name: SECRET }] },
        'teams',
        /does not exist/,
      ],
      [
        'a team without a name',
        { email: 'a@example.com', name: 'A', teams: ['Design'] },
        'teams',
        /must be a list/,
      ],
      [
        'an unknown team role',
        { email: 'a@example.com', name: 'A', teams: [{ name: 'Design', role: SECRET }] },
        'teams',
        /owner, admin, member/,
      ],
      [
        'an unknown domain',
        { email: 'a@example.com', name: 'A', domains: [SECRET] },
        'domains',
        /does not exist/,
      ],
      [
        'a time to come',
        { email: 'a@example.com', name: 'A', created_at: '2999-01-01T00:00:00Z' },
        'created_at',
        /not in the future/,
      ],
    ])('refuses a line with %s, and goes on', async (_case, line, field, reason) => {
      const ended = await importLines([line, { email: 'bob@example.com', name: 'Bob' }]);
      expect(ended).toMatchObject({
        status: 2,
        output: expect.stringContaining('1 created, 0 updated, 0 skipped, 1 refused'),
      });
      const report = readFileSync(file('users.ndjson.refused'), 'utf8').trim();
      expect(JSON.parse(report)).toEqual({ line: 1, field, reason: expect.stringMatching(reason) });
      expect(ended.output).toContain(
        `line 1: ${field ?? 'it'} ${(JSON.parse(report) as { reason: string }).reason}\n`,
      );
      expect(report + ended.output).not.toContain(SECRET);
      expect(await database.query('SELECT email FROM users')).toEqual([{ email: 'bob@example.com' }]);
    });

    it('skips what exists and what comes twice; the same file again changes nothing', async () => {
      await importLines([{ email: 'ada@example.com', name: 'Ada', teams: [] }]);
      const lines = [
        { email: 'ada@example.com', name: 'Another', teams: [{ name: 'Design' }], password_hash: DJANGO },
        { email: 'bob@example.com', name: 'Bob' },
        { email: 'BOB@example.com', name: 'Second', teams: [{ name: 'Design' }] },
      ];
      expect((await importLines(lines)).output).toContain('1 created, 0 updated, 2 skipped, 0 refused');
      const after = await database.query(STATE);
      expect(after).toMatchObject([
        { name: 'Ada', password_hash: null, teams: [] },
        { name: 'Bob', teams: ['General'] },
      ]);
      expect(await importLines(lines)).toMatchObject({
        status: 0,
        output: expect.stringContaining('0 created, 0 updated, 3 skipped, 0 refused'),
      });
      expect(await database.query(STATE)).toEqual(after);
    });

    it('--dry-run tells what would be done and writes nothing', async () => {
      await importLines([{ email: 'ada@example.com', name: 'Ada' }]);
      const before = await database.query(STATE);
      const ended = await importLines(
        [
          { email: 'ada@example.com', name: 'Other' },
          { email: 'bob@example.com', name: 'Bob' },
          { email: 'bob@example.com', name: 'Bob' },
          { email: 'x', name: 'X' },
        ],
        '--dry-run',
      );
      expect(ended).toMatchObject({
        status: 2,
        output: expect.stringContaining(
          '1 created, 0 updated, 2 skipped, 1 refused, if this were no dry run',
        ),
      });
      expect(await database.query(STATE)).toEqual(before);
      expect(audit(ended)).toEqual([]);
    });

    it('--update changes what the lines say, and nothing else', async () => {
      const given = { teams: [{ name: 'Design', role: 'owner' }], domains: ['sales'], email_verified: true };
      await importLines([
        { email: 'ada@example.com', name: 'Ada', password_hash: DJANGO, ...given },
        { email: 'bob@example.com', name: 'Bob', ...given },
      ]);
      const lines = [
        { email: 'ada@example.com', name: 'Ada L.' },
        {
          ...{
            email: 'bob@example.com',
            name: 'Bob',
            email_verified: false,
            avatar_url: 'https://example.com/b',
          },
          ...{ teams: [{ name: 'Design' }, { name: 'Product', role: 'admin' }], domains: [] },
        },
        { email: 'eve@example.com', name: 'Eve' },
        { email: 'eve@example.com', name: 'Eve the second' },
      ];
      expect((await importLines(lines, '--update')).output).toContain(
        '1 created, 3 updated, 0 skipped, 0 refused',
      );
      const after = await database.query(STATE);
      expect(after).toMatchObject([
        {
          name: 'Ada L.',
          password_hash: DJANGO,
          verified: true,
          teams: ['Design:owner'],
          domains: ['sales'],
        },
        {
          verified: false,
          avatar_url: 'https://example.com/b',
          teams: ['Design:owner', 'Product:admin'],
          domains: [],
        },
        { name: 'Eve the second', teams: ['General'], domains: ['engineering'] },
      ]);
      expect((await importLines(lines.slice(0, 2), '--update')).output).toContain(
        '0 created, 0 updated, 2 skipped',
      );
      expect(await database.query(STATE)).toEqual(after);
    });

    it('R45: --update makes and unmakes administrators with --allow-admins only, and the last one stays', async () => {
      const admins = ['ada', 'bob'].map((name) => ({ email: `${name}@example.com`, name, role: 'admin' }));
      expect((await importLines(admins, '--allow-admins')).output).toContain('2 created');
      const demoted = admins.map((line) => ({ ...line, role: 'user' }));
      await importLines(demoted, '--update');
      const roles = async () => (await database.query(STATE)).map(({ role }) => role);
      expect(await roles()).toEqual(['admin', 'admin']);
      const ended = await importLines(demoted, '--update', '--allow-admins');
      expect(ended).toMatchObject({
        status: 2,
        output: expect.stringContaining('1 updated, 0 skipped, 1 refused'),
      });
      expect(ended.output).toContain('line 2: role would take the last active administrator\n');
      expect(await roles()).toEqual(['user', 'admin']);
    });

    it('killed at any moment and run again, it makes each user once', async () => {
      const count = 20_000;
      const path = write(
        Array.from({ length: count }, (_, n) => ({
          email: `user-${n}@example.com`,
          name: `User ${n}`,
        })).concat([{ email: 'none', name: 'Nobody' }]),
      );
      let killed = 0;
      for (const part of [0.1, 0.35, 0.6]) {
        const child = spawn(process.execPath, [built('src/cli/users.cli.js'), 'import', path], {
          env: { PATH: process.env.PATH, ...env() },
          stdio: 'ignore',
        });
        const end = once(child, 'exit');
        await eventually('a part is there', async () => {
          if (child.exitCode !== null) return true;
          const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM users');
          return (row?.n ?? 0) >= count * part || undefined;
        });
        if (child.kill('SIGKILL')) killed++;
        await end;
      }
      expect(killed).toBe(3);
      const ended = await users(['import', path]);
      expect(ended.output).toMatch(/goes on after line \d{4,}\n/);
      expect(ended).toMatchObject({
        status: 2,
        output: expect.stringContaining(
          `${count + 1} lines: ${count} created, 0 updated, 0 skipped, 1 refused`,
        ),
      });
      const [rows] = await database.query(
        `SELECT count(*)::int AS users, count(DISTINCT email)::int AS addresses,
           (SELECT count(*)::int FROM team_memberships) AS memberships, (SELECT count(*)::int FROM user_domains) AS domains
         FROM users`,
      );
      expect(rows).toEqual({ users: count, addresses: count, memberships: count, domains: count });
      expect(readFileSync(`${path}.refused`, 'utf8').trim().split('\n')).toHaveLength(1);
      expect(existsSync(`${path}.state`)).toBe(false);
    });

    it('begins anew where the database has been replaced', async () => {
      const path = write([{ email: 'ada@example.com', name: 'Ada' }]);
      const { size, mtimeMs: modified } = statSync(path);
      await users(['import', path]);
      await database.query('DELETE FROM users');
      writeFileSync(
        `${path}.state`,
        JSON.stringify({ version: 1, size, modified, target: 'another', lines: 1 }),
      );
      expect((await users(['import', path])).output).toContain('1 lines: 1 created');
    });
  });

  describe('with the service', () => {
    let service: Service;

    beforeEach(async () => {
      service = await startService({ databaseUrl: database.url, env: { AUTH_PASSWORD_HASH_COST: '5' } });
    });

    afterEach(() => service.stop());

    it('R38: who was imported with a hash signs in with the password of before', async () => {
      await importLines([
        { email: 'ada@example.com', name: 'Ada', password_hash: DJANGO, email_verified: true },
      ]);
      const account = { email: 'ada@example.com', password: 'x' };
      expect((await login(service, account)).body.user).toMatchObject({ email_verified: true });
      const [row] = await database.query<{ password_hash: string }>('SELECT password_hash FROM users');
      expect(row?.password_hash).toMatch(/^\$2b\$05\$/);
    });

    it('R20: a new hash ends the sessions of its user, and no other', async () => {
      const [ada, bob] = [await register(service), await register(service)];
      const password_hash = hashSync('another word', 5);
      const ended = await importLines(
        [
          { email: ada.email, name: 'Ada', password_hash },
          { email: bob.email, name: 'Bob' },
        ],
        '--update',
      );
      expect(audit(ended)).toMatchObject([{ created: 0, updated: 2, sessions_ended: 1 }]);
      expect([await isValid(service, ada.token), await isValid(service, bob.token)]).toEqual([false, true]);
      expect((await login(service, { ...ada, password: 'another word' })).status).toBe(200);
    });
  });

  describe('export', () => {
    const LINES = [
      {
        ...{
          email: 'ada@example.com',
          name: 'Ada',
          avatar_url: null,
          password_hash: DJANGO,
          email_verified: true,
        },
        ...{
          is_active: true,
          role: 'admin',
          teams: [{ name: 'Design', role: 'owner' }],
          domains: ['design', 'sales'],
        },
        created_at: '2024-02-03T04:05:06.789012Z',
      },
      {
        ...{
          email: 'bob@example.com',
          name: 'Bob',
          avatar_url: null,
          password_hash: null,
          email_verified: false,
        },
        ...{
          is_active: false,
          role: 'user',
          teams: [],
          domains: [],
          created_at: '2024-02-03T04:05:06.000000Z',
        },
      },
    ];
    const read = (path: string) =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);

    beforeEach(async () => {
      await importLines(LINES, '--allow-admins');
    });

    it('writes what import reads, with hashes when asked, for its owner only, and tells the audit', async () => {
      const ended = await users(['export', file('out.ndjson'), '--with-hashes']);
      expect(ended).toMatchObject({ status: 0, output: expect.stringContaining('2 users exported\n') });
      expect(read(file('out.ndjson'))).toEqual(LINES);
      expect(statSync(file('out.ndjson')).mode & 0o777).toBe(0o600);
      expect(audit(ended)).toMatchObject([
        { msg: 'users.export.started', with_hashes: true },
        { msg: 'users.exported', with_hashes: true, count: 2 },
      ]);
      const other = await createTestDatabase();
      expect((await users(['import', file('out.ndjson'), '--allow-admins'], other.url)).status).toBe(0);
      expect(await other.query(STATE)).toEqual(await database.query(STATE));
      await other.drop();
    });

    it('writes no hash unless asked, and never over a file', async () => {
      await users(['export', file('out.ndjson')]);
      expect(read(file('out.ndjson'))).toEqual(LINES.map(({ password_hash: _hash, ...line }) => line));
      const again = await users(['export', file('out.ndjson'), '--with-hashes']);
      expect(again).toMatchObject({ status: 1, output: expect.stringContaining('exists already') });
      expect(readFileSync(file('out.ndjson'), 'utf8')).not.toContain('pbkdf2');
    });

    it('to standard output: the lines alone, and 0600 for a file of the shell', async () => {
      const program = [built('src/cli/users.cli.js'), 'export', '--with-hashes'];
      const shell = [
        '-c',
        `umask 022; exec node "$@" > ${file('out.ndjson')} 2> /dev/null`,
        'sh',
        ...program,
      ];
      expect((await run('sh', shell, env())).status).toBe(0);
      expect(read(file('out.ndjson'))).toEqual(LINES);
      expect(statSync(file('out.ndjson')).mode & 0o777).toBe(0o600);
    });

    it('R85: leaves out what a provider gave', async () => {
      await database.query(
        `INSERT INTO team_memberships (user_id, team_id, given_by_hand, provider_issuers)
         SELECT u.id, t.id, false, '{https://idp.example}' FROM users u, teams t WHERE u.name = 'Bob' AND t.name = 'Product'`,
      );
      await users(['export', file('out.ndjson'), '--with-hashes']);
      expect(read(file('out.ndjson'))).toEqual(LINES);
    });
  });

  it.each([[[]], [['import']], [['export', 'a', 'b']], [['remove', 'x']], [['import', 'x', '--force']]])(
    'tells what is wrong with the command %j',
    async (args) => {
      expect(await users(args)).toMatchObject({
        status: 1,
        output: expect.stringContaining('--help tells more'),
      });
    },
  );

  it('tells what it takes', async () => {
    const { status, output } = await users(['--help']);
    expect([status, output]).toEqual([0, expect.stringContaining('--allow-admins')]);
    expect(await users(['import', file('none')])).toMatchObject({
      status: 1,
      output: expect.stringContaining('does not exist'),
    });
  });
});
