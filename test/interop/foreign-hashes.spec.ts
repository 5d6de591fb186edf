import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';
import { built } from '../support/process/build';
import { run } from '../support/process/program';
import { startService, type Service } from '../support/process/service';
import { login } from '../support/tokens/sessions';

const PASSWORD = 'Pässword of before';
/** bcrypt in `crypt(3)` of mkpasswd and htpasswd is given what the command line says. */
const ASCII = 'password of before';
const HASH_COST = '5';

/** Debian's, whatever else is on the path. */
const python = (code: string) =>
  execFileSync('/usr/bin/python3', ['-c', code, PASSWORD], { encoding: 'utf8' }).trim();
const passlib = (expression: string) =>
  python(`import sys, passlib.hash as h; print(h.${expression}.hash(sys.argv[1]))`);
const django = (hasher: string) =>
  python(
    `import sys; from django.conf import settings; settings.configure(); from django.contrib.auth.hashers import make_password as m; print(m(sys.argv[1], hasher='${hasher}'))`,
  );
const werkzeug = (method: string) =>
  python(
    `import sys; from werkzeug.security import generate_password_hash as g; print(g(sys.argv[1], '${method}'))`,
  );
const php = (constant: string, options: string) =>
  execFileSync('php', ['-r', `echo password_hash($argv[1], ${constant}, ${options});`, '--', PASSWORD], {
    encoding: 'utf8',
  });
const tool = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim();
const slappasswd = (...args: string[]) => tool('/usr/sbin/slappasswd', '-s', PASSWORD, ...args);

/** A package of test/interop, in a process of its own: `password` is at hand in the expression. */
const npm = (expression: string) =>
  execFileSync(
    'node',
    ['-e', `const [, password] = process.argv; ${expression}.then(console.log)`, PASSWORD],
    {
      cwd: __dirname,
      encoding: 'utf8',
    },
  ).trim();

const PROJECT = {
  memCost: 14,
  rounds: 8,
  saltSeparator: 'Bw==',
  signerKey: Buffer.alloc(64, 'signer key').toString('base64'),
};

function firebase(): string {
  const { memCost, rounds, saltSeparator, signerKey } = PROJECT;
  const salt = Buffer.from('salt of a user').toString('base64');
  const project = JSON.stringify(PROJECT);
  const hash = npm(`new (require('firebase-scrypt').FirebaseScrypt)(${project}).hash(password, '${salt}')`);
  return `$firebase-scrypt$ln=${memCost},r=${rounds},p=1,ss=${saltSeparator},sk=${signerKey}$${salt}$${hash}`;
}

/** What the tools make where nothing else is asked of them, but for bcrypt, whose cost is that of the service. */
const TOOLS: Readonly<Record<string, () => string>> = {
  'Passlib, bcrypt $2a$': () => passlib("bcrypt.using(rounds=5, ident='2a')"),
  'Passlib, bcrypt $2b$': () => passlib('bcrypt.using(rounds=5)'),
  'Passlib, bcrypt_sha256 version 1': () => passlib('bcrypt_sha256.using(rounds=5, version=1)'),
  'Passlib, bcrypt_sha256 version 2': () => passlib('bcrypt_sha256.using(rounds=5)'),
  'Passlib, argon2id': () => passlib("argon2.using(type='ID')"),
  'PHP, bcrypt $2y$': () => php('PASSWORD_BCRYPT', '["cost" => 5]'),
  'PHP, argon2id': () => php('PASSWORD_ARGON2ID', '[]'),
  'htpasswd, bcrypt $2y$': () => tool('htpasswd', '-nbBC', '5', 'user', ASCII).replace(/^user:/, ''),
  'mkpasswd, bcrypt $2b$': () => tool('mkpasswd', '-m', 'bcrypt', '-R', '5', ASCII),
  'mkpasswd, bcrypt $2a$': () => tool('mkpasswd', '-m', 'bcrypt-a', '-R', '5', ASCII),
  'Django, PBKDF2 with SHA-256': () => django('pbkdf2_sha256'),
  'Django, PBKDF2 with SHA-1': () => django('pbkdf2_sha1'),
  'Werkzeug, PBKDF2 with SHA-256': () => werkzeug('pbkdf2:sha256'),
  'Werkzeug, PBKDF2 with SHA-512': () => werkzeug('pbkdf2:sha512:210000'),
  'slappasswd, {SSHA}': () => slappasswd(),
  'slappasswd, {SSHA512}': () => slappasswd('-o', 'module-load=pw-sha2', '-h', '{SSHA512}'),
  'npm bcrypt': () => npm(`require('bcrypt').hash(password, 5)`),
  // Not 0.45, which crashes on Node 20 unless it is compiled; src/passwords/stored-hash.spec.ts has a hash of it.
  'npm argon2': () => npm(`require('argon2').hash(password)`),
  'npm firebase-scrypt': firebase,
};

describe('users of other services sign in with the password of before', () => {
  let database: TestDatabase;
  let service: Service;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-hashes-'));
    // A wrong password takes the work of every kind of hash that is stored here, one after the other.
    const env = { AUTH_PASSWORD_HASH_COST: HASH_COST, AUTH_REQUEST_TIMEOUT_SECONDS: '30' };
    service = await startService({ databaseUrl: database.url, env });
  });

  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  });

  it.each(Object.entries(TOOLS))('%s', async (name, make) => {
    const password = /^(htpasswd|mkpasswd)/.test(name) ? ASCII : PASSWORD;
    const email = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}x@example.com`;
    const file = join(folder, 'users.ndjson');
    writeFileSync(file, `${JSON.stringify({ email, name, password_hash: make() })}\n`);
    const ended = await run('node', [built('src/cli/users.cli.js'), 'import', file], {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      AUTH_PASSWORD_HASH_COST: HASH_COST,
    });
    expect(ended).toMatchObject({ status: 0 });
    expect((await login(service, { email, password: `${password}.` })).status).toBe(401);
    expect((await login(service, { email, password })).status).toBe(200);
    const [row] = await database.query<{ hash: string }>(
      'SELECT password_hash AS hash FROM users WHERE email = $1',
      [email],
    );
    expect(row?.hash).toMatch(/^\$2b\$05\$|^\$bcrypt-sha256\$v=2,t=2b,r=5\$/);
  });

  it('docs/operate/import.md names each of these tools', () => {
    const page = readFileSync(join(__dirname, '../../docs/operate/import.md'), 'utf8');
    const names = Object.keys(TOOLS).map((name) => name.replace(/,.*$/, '').replace(/^npm (.*)/, 'npm `$1`'));
    expect([...new Set(names)].filter((name) => !page.includes(name))).toEqual([]);
  });
});
