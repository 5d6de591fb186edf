import { hashSync } from 'bcryptjs';
import { register, uniqueEmail } from '../../support/http/accounts';
import { insertWithHash, storedHashOf } from '../../support/database/stored-passwords';
import { send, type Answer } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { startService } from '../../support/process/service';
import { useService } from '../../support/process/use-service';

/** Passlib's own example: the hash of "password". */
const PASSLIB = '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2';

describe('passwords', () => {
  const service = useService({ env: { AUTH_PASSWORD_HASH_COST: '5' } });
  const { database } = service;

  const post = (path: string, body: unknown) => send(service, 'POST', path, { body });
  const login = (email: string, password: string) => post('/auth/login', { email, password });
  const registration = (password: string) =>
    post('/auth/register', { email: uniqueEmail(), password, name: 'Ada' });

  async function expectOnly(email: string, right: string, wrong: readonly string[]): Promise<void> {
    expect((await login(email, right)).status).toBe(200);
    for (const password of wrong) expectProblem(await login(email, password), 'invalid-credentials');
  }

  const insert = (hash: string | null, isActive = true) => insertWithHash(database, hash, isActive);

  const storedHash = (email: string) => storedHashOf(database, email);

  it.each<[string, string]>([
    ['7 letters', 'x'.repeat(7)],
    ['7 code points in 14 units', '🎈'.repeat(7)],
    ['7 code points after NFC', 'e\u0301'.repeat(7)],
    ['nothing', ''],
    ['257 letters', 'x'.repeat(257)],
    ['257 code points', '🎈'.repeat(257)],
    ['15,000 letters', 'x'.repeat(15_000)],
  ])('R35, D1: refuses a new password of %s', async (_case, password) => {
    const answer = await registration(password);
    expectProblem(answer, 'invalid-input');
    expect(answer.body.errors).toEqual([
      { pointer: '#/password', detail: expect.stringMatching(/\b256 characters/) },
    ]);
    expect(answer.body.detail).toMatch(/^password must /);
  });

  it.each<[string, string]>([
    ['8 letters', 'x'.repeat(8)],
    ['8 digits', '12345678'],
    ['8 spaces', ' '.repeat(8)],
    ['8 code points beyond the BMP', '🎈'.repeat(8)],
    ['256 letters', 'x'.repeat(256)],
    ['256 code points of four bytes', '🎈'.repeat(256)],
    ['256 code points after NFC, 512 before', 'e\u0301'.repeat(256)],
    ['all printable ASCII', String.fromCharCode(...Array.from({ length: 95 }, (_, n) => 32 + n))],
    ['no Latin letter', 'пароль密碼סיסמה'],
    ['control characters', 'tab\tline\nbell\u0007'],
    ['Unicode that is nobody’s', '\u{10ffff}\ufffe\u200b\u202e\ufeff....'],
  ])('R36: takes a password of %s, and nothing but that at login', async (_case, password) => {
    const { email } = await register(service, { password });
    const letters = [...password];
    await expectOnly(email, password, [letters.slice(1).join(''), letters.slice(0, -1).join('')]);
  });

  it('P6: keeps white space and letter case', async () => {
    const password = ' Correct  horse Battery ';
    const { email } = await register(service, { password });
    const others = [
      password.trim(),
      password.replace('  ', ' '),
      password.toLowerCase(),
      password.toUpperCase(),
      `${password}\n`,
    ];
    await expectOnly(email, password, others);
  });

  it('D2: takes composed and decomposed letters for the same, and compatible ones not', async () => {
    const { email } = await register(service, { password: 'Zoe\u0308 Ångström ﬁve' });
    expect((await login(email, 'Zo\u00eb A\u030angstro\u0308m ﬁve')).status).toBe(200);
    await expectOnly(email, 'Zo\u00eb \u212bngström ﬁve', ['Zoë Ångström five', 'Zoe Ångström ﬁve']);
  });

  it.each(['\\u0000', '\\ud800', '\\udc00', '\\udc00\\ud800', 'long enough \\u0000 behind'])(
    'D2: refuses %s at registration and at login',
    async (escape) => {
      for (const path of ['/auth/register', '/auth/login']) {
        const body = `{"email":"${uniqueEmail()}","name":"Ada","password":"password${escape}"}`;
        const answer = await post(path, body);
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toMatchObject([{ pointer: '#/password' }]);
      }
    },
  );

  it.each<[string, string, string]>([
    ['ASCII', 'x'.repeat(72), 'ab'],
    ['letters of two bytes', 'é'.repeat(36), 'ab'],
    ['emoji over the border', 'x'.repeat(71), '🎈🎊'],
  ])('D3: tells apart passwords that differ only behind byte 72: %s', async (_case, start, ends) => {
    const [first, second] = [...ends].map((end) => start + end) as [string, string];
    const { email } = await register(service, { password: first });
    expect(await storedHash(email)).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=5\$/);
    await expectOnly(email, first, [second, start]);
  });

  it('D3: hashes what fits bcrypt with plain bcrypt, to the last byte', async () => {
    const password = 'é'.repeat(36);
    const { email } = await register(service, { password });
    expect(await storedHash(email)).toMatch(/^\$2b\$05\$/);
    await expectOnly(email, password, [password.slice(0, -1), `${password}x`]);
  });

  it('D3: lets nobody in with a longer password than the one that a plain hash was made of', async () => {
    const email = await insert(hashSync('x'.repeat(72), 5));
    await expectOnly(email, 'x'.repeat(72), ['x'.repeat(73), 'x'.repeat(100)]);
  });

  it("reads Passlib's bcrypt_sha256", async () => {
    const atCost10 = await startService({
      databaseUrl: database.url,
      env: { AUTH_PASSWORD_HASH_COST: '10' }, // the example's is 12, and more than two steps up are refused
    });
    const email = await insert(PASSLIB);
    const statuses = ['Password', 'passwore', 'password'].map(
      async (password) => (await send(atCost10, 'POST', '/auth/login', { body: { email, password } })).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
    await atCost10.stop();
  });

  it('reads plain hashes of other libraries', async () => {
    for (const prefix of ['$2a$', '$2b$', '$2y$']) {
      await expectOnly(await insert(hashSync('pass word', 5).replace('$2b$', prefix)), 'pass word', [
        'pass_word',
      ]);
    }
  });

  it.each([
    '',
    'x',
    '!',
    '$2b$',
    '$2b$05$',
    `$2b$99$${'a'.repeat(53)}`,
    `$2x$05$${'a'.repeat(53)}`,
    'a'.repeat(60),
    '$argon2id$v=19$m=1,t=1,p=1$YQ$YQ',
    PASSLIB.slice(0, -1),
    PASSLIB.replace('r=12', 'r=99'),
  ])('lets nobody in by a stored hash that is none: %s', async (hash) => {
    const email = await insert(hash);
    for (const password of ['password', 'x', '', hash])
      expectProblem(await login(email, password), 'invalid-credentials');
  });

  it('R38: raises a hash of a lower cost at login, and only then', async () => {
    const email = await insert(hashSync('pass word', 4));
    expectProblem(await login(email, 'wrong'), 'invalid-credentials');
    expect(await storedHash(email)).toMatch(/^\$2b\$04\$/);
    expect((await login(email, 'pass word')).status).toBe(200);
    const raised = await storedHash(email);
    expect(raised).toMatch(/^\$2b\$05\$/);
    await expectOnly(email, 'pass word', ['wrong']);
    expect(await storedHash(email)).toBe(raised);
  });

  it('R38: leaves a hash of a higher cost', async () => {
    const hash = hashSync('pass word', 6);
    const email = await insert(hash);
    await expectOnly(email, 'pass word', []);
    expect(await storedHash(email)).toBe(hash);
  });

  it('R39: gives one answer to unknown, wrong, without a password and not active', async () => {
    const known = await register(service);
    const withoutPassword = await insert(null);
    const inactive = await insert(hashSync('pass word', 5), false);
    const answers = [
      await login(uniqueEmail(), 'pass word'),
      await login(known.email, 'pass word'),
      await login(withoutPassword, 'pass word'),
      await login(withoutPassword, ''),
      await login(inactive, 'pass word'),
      await login(inactive, 'wrong word'),
      await login(known.email, 'x'.repeat(200)),
    ];
    for (const answer of answers) {
      expectProblem(answer, 'invalid-credentials');
      expect(answer.body.detail).toBe('Incorrect email or password');
      expect(withoutIds(answer)).toEqual(withoutIds(answers[0]!));
    }
  });

  it('takes the address in any letter case, with white space around it', async () => {
    const { email, password, id } = await register(service);
    for (const spelling of [
      email.toUpperCase(),
      ` ${email}\t`,
      email.replace('example.com', 'ＥＸＡＭＰＬＥ．com'),
    ]) {
      expect((await login(spelling, password)).body.user).toMatchObject({ id, email });
    }
  });

  it('R44, P9: makes one account of 50 registrations of one address in five spellings', async () => {
    const email = uniqueEmail();
    const spellings = [
      email,
      email.toUpperCase(),
      ` ${email}`,
      email.replace('p', 'P'),
      email.replace('example', 'EXAMPLE'),
    ];
    const attempts = Array.from({ length: 50 }, (_, n) =>
      post('/auth/register', { email: spellings[n % 5], password: `pass word ${n}`, name: `Ada ${n}` }),
    );
    const answers = await Promise.all(attempts);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectProblem(answer, 'email-already-registered');
      expect(answer.text).not.toContain(email);
    }
    const rows = await database.query('SELECT name FROM users WHERE lower(trim(email)) = $1', [email]);
    expect(rows).toEqual([
      { name: (answers.find(({ status }) => status === 201)?.body.user as { name: string }).name },
    ]);
  });
});

/** An answer but for what tells one request from another. */
function withoutIds({ status, headers, body }: Answer) {
  const { request_id: _id, ...members } = body;
  const names = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date');
  return { status, headers: names, members };
}
